// The runtime as one source, so that the standard headers, most of its compile, are read once.
#include "cluster.cpp"
#include "division.cpp"
#include "fiber.cpp"
#include "runtime.cpp"
#include "sanitizer.cpp"
