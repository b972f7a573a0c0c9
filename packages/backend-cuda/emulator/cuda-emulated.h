// CUDA C++ as C++20 for the processor: included before a printed source, which stays as it is. Behind it stands the runtime
// (emulator.cpp), which runs the threads of a block as fibers.
#pragma once
#include "execution.h"

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __grid_constant__
#define __launch_bounds__(...)
#define __cluster_dims__(...)
#define __align__(bytes) __attribute__((aligned(bytes)))
// Threads are known to share this memory, which `restrict` would deny.
#define __restrict__
// A block runs on one OS thread.
#define __shared__ static thread_local
#define TW_DYNAMIC_SHARED(name) unsigned char* name = tw_place()->dynamicShared

#define threadIdx (tw_place()->thread)
#define blockIdx (tw_place()->block)
#define blockDim (tw_place()->blockExtent)
#define gridDim (tw_place()->gridExtent)
#define warpSize 32

#include "types.h"
#include "functions.h"
#include "warp.h"
#include "copies.h"
#include "mbarriers.h"
#include "matrices.h"
#include "tiles.h"
#include "tile-maps.h"
#include "launch.h"
