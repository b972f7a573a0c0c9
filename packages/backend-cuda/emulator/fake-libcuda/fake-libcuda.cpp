// As one source, so that the standard headers, most of its compile, are read once.
#include "context.cpp"
#include "memory.cpp"
#include "module.cpp"
#include "stream.cpp"
#include "tensor-maps.cpp"
