// What emulated kernels ask of the runtime (emulator.cpp). Kernels include this: no standard headers, they take most of the
// time of a compile.
#pragma once

struct TwIndex {
  unsigned x, y, z;
};

// Where a thread stands: what threadIdx and its like read.
struct TwPlace {
  TwIndex thread;
  unsigned lane;
  TwIndex block;
  TwIndex blockExtent;
  TwIndex gridExtent;
  unsigned char* dynamicShared;
};

// One launch, as the functions see it that a module exports.
struct TwLaunch {
  // Runs the kernel for the thread that asks, with the arguments in `call`.
  void (*run)(const void* call);
  const void* call;
  TwIndex gridExtent;
  TwIndex blockExtent;
  unsigned sharedBytes;
  // Neighbouring blocks along x that run together.
  unsigned cluster;
  // 0: one a processor.
  unsigned osThreads;
  // Threads of a block, and blocks, from the last to the first.
  bool reversed;
  // Asynchronous copies land when they are issued, rather than at the wait.
  bool earliestCopies;
};

// What the lanes of a warp do together: `operands` of each lane of `lanes`, by lane.
typedef void (*TwCollective)(void* const* operands, unsigned lanes);

extern "C" {
// The same for the life of a thread, across its switches: compilers may keep it.
const TwPlace* tw_place() __attribute__((const));
void tw_block_barrier();
// Waits for the live lanes of `mask`, the last of which runs `collective` for all of them (null: a barrier only).
void tw_meet(unsigned mask, TwCollective collective, void* operands);
// Ends the launch with this message.
[[noreturn]] void tw_fail(const char* message);
bool tw_is_shared(const void* pointer, unsigned bytes);
void tw_issue_copy(void* to, const void* from, unsigned bytes, bool inside);
void tw_commit_copies();
void tw_wait_copies(unsigned pending);
// Waits for the live threads of all blocks of the cluster.
void tw_cluster_barrier();
// The same place of dynamic shared memory in the block of a rank.
void* tw_in_block(void* pointer, unsigned rank);
void tw_init_mbarrier(void* slot, int arrivals);
void tw_arrive_at_mbarrier(void* slot);
// Bytes that the phase of a slot awaits, and that have come where it is below 0.
void tw_expect_bytes(void* slot, int bytes);
void tw_wait_at_mbarrier(void* slot, int parity);
// 0 when all is well; else `tw_message` says what was wrong with the last launch that failed.
int tw_launch(const TwLaunch* launch);
const char* tw_message();
}
