#pragma once

// From here on kernels of this process may divide integers by zero.
void surviveDivisions();
