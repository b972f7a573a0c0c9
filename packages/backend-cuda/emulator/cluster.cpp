#include "cluster.h"

#include <algorithm>
#include <cstring>

namespace {

// The cluster that runs on this OS thread. A fiber never changes the OS thread.
__thread Cluster* running __attribute__((tls_model("initial-exec"))) = nullptr;

// What shared memory holds at first: NaN in each float type, -1 in each int.
constexpr int poison = 0xff;

std::string triple(TwIndex index) {
  return "(" + std::to_string(index.x) + ", " + std::to_string(index.y) + ", " + std::to_string(index.z) + ")";
}

}  // namespace

bool isBlockRunning() { return running != nullptr; }

void Cluster::begin(const TwLaunch& next, MemoryRange sharedMemory) {
  launch = &next;
  shared = sharedMemory;
  failure.clear();
  // Blocks do not follow each other: who leaves the memory of one is not in that of the next.
  const unsigned stride = (next.sharedBytes + 2047) / 1024 * 1024;
  dynamicMemory.assign(next.cluster * stride + 1024, 0);
  auto* start = dynamicMemory.data();
  start += -reinterpret_cast<std::uintptr_t>(start) % 1024;
  const auto [x, y, z] = next.blockExtent;
  const unsigned each = x * y * z;
  const unsigned warpsOfEach = (each + warpLanes - 1) / warpLanes;
  count = next.cluster * each;
  threads.resize(std::max<std::size_t>(threads.size(), count));
  warps.assign(next.cluster * warpsOfEach, Warp{});
  blocks.assign(next.cluster, Block{});
  for (unsigned rank = 0; rank < next.cluster; rank++) {
    auto* const own = start + rank * stride;
    blocks[rank].dynamicShared = {own, own + next.sharedBytes};
  }
  for (unsigned i = 0; i < count; i++) {
    // Threads lie in the order in which they run.
    const unsigned place = next.reversed ? count - 1 - i : i;
    const unsigned rank = place / each, at = place % each;
    Thread& thread = threads[i];
    thread.place.thread = {at % x, at / x % y, at / x / y};
    thread.place.lane = at % warpLanes;
    thread.place.blockExtent = next.blockExtent;
    thread.place.gridExtent = next.gridExtent;
    thread.place.dynamicShared = blocks[rank].dynamicShared.start;
    thread.warp = &warps[rank * warpsOfEach + at / warpLanes];
    thread.block = &blocks[rank];
  }
}

bool Cluster::execute(TwIndex first) {
  std::memset(shared.start, poison, shared.end - shared.start);
  together = Meeting{};
  live = count;
  for (Block& block : blocks) {
    std::memset(block.dynamicShared.start, poison, block.dynamicShared.end - block.dynamicShared.start);
    block.all = Meeting{};
    block.live = count / static_cast<unsigned>(blocks.size());
  }
  for (unsigned i = 0; i < count; i++) {
    Thread& thread = threads[i];
    thread.place.block = {first.x + static_cast<unsigned>(thread.block - blocks.data()), first.y, first.z};
    thread.waitsAt = nullptr;
    thread.waitsFor = nullptr;
    thread.started = thread.ended = false;
    thread.stack = nullptr;
    thread.copies.clear();
    thread.group = 0;
    thread.warp->live |= 1u << thread.place.lane;
  }
  running = this;
  current = &threads[0];
  current->started = true;
  current->stack = stacks.take();
  tw_switch(&caller, current->stack->fresh(fiberMain));
  running = nullptr;
  for (unsigned i = 0; i < count; i++) {
    if (threads[i].stack != nullptr) stacks.giveBack(threads[i].stack);
  }
  return failure.empty();
}

// Runs threads one after the other, until one waits; the fibers that it then needs run the rest. A kernel that never waits
// never switches.
void Cluster::fiberMain() {
  Cluster& cluster = *running;
  for (;;) {
    cluster.launch->run(cluster.launch->call);
    cluster.leave();
  }
}

// The first after the one that runs, around the cluster: so that all pass one barrier before the first reaches the next.
Thread* Cluster::nextReady() {
  Thread* const end = threads.data() + count;
  Thread* thread = current;
  do {
    if (++thread == end) thread = threads.data();
    if (thread->ready()) return thread;
  } while (thread != current);
  return nullptr;
}

void Cluster::wait() {
  Thread* const thread = current;
  Thread* const next = nextReady();
  if (next == nullptr) failAsDeadlock();
  if (next == thread) return;
  current = next;
  if (next->started) return tw_switch(&thread->stackPointer, next->stackPointer);
  next->started = true;
  next->stack = stacks.take();
  tw_switch(&thread->stackPointer, next->stack->fresh(fiberMain));
}

// The thread that runs has ended: another one takes its place, on this fiber if it has none.
void Cluster::leave() {
  Thread* const thread = current;
  Warp& warp = *thread->warp;
  thread->ended = true;
  warp.live &= ~(1u << thread->place.lane);
  live--;
  thread->block->live--;
  void* ignored;
  if (live == 0) tw_switch(&ignored, caller);
  // Who has ended is waited for no longer.
  closeIfAllArrived(thread->block->all, thread->block->live);
  closeIfAllArrived(together, live);
  for (unsigned open = warp.open; open != 0; open &= open - 1) {
    closeIfAllArrived(warp, warp.meetings[__builtin_ctz(open)]);
  }
  Thread* const next = nextReady();
  if (next == nullptr) failAsDeadlock();
  current = next;
  if (next->started) {
    stacks.giveBack(thread->stack);
    thread->stack = nullptr;
    tw_switch(&ignored, next->stackPointer);
  }
  next->started = true;
  next->stack = thread->stack;
  thread->stack = nullptr;
}

void Cluster::barrier() { meetAll(current->block->all, current->block->live); }
void Cluster::clusterBarrier() { meetAll(together, live); }

void Cluster::meetAll(Meeting& meeting, unsigned awaited) {
  current->waitsAt = &meeting;
  current->generation = meeting.generation;
  meeting.arrived++;
  closeIfAllArrived(meeting, awaited);
  wait();
}

void Cluster::closeIfAllArrived(Meeting& meeting, unsigned awaited) {
  if (meeting.arrived < awaited || meeting.arrived == 0) return;
  meeting.arrived = 0;
  meeting.generation++;
}

void Cluster::meet(unsigned mask, TwCollective collective, void* operands) {
  Thread& thread = *current;
  Warp& warp = *thread.warp;
  const unsigned lane = thread.place.lane;
  if ((mask >> lane & 1) == 0) fail("a lane that is not in its own mask, in " + nameOf(thread));
  const unsigned lowest = __builtin_ctz(mask);
  WarpMeeting& meeting = warp.meetings[lowest];
  if (meeting.arrived == 0) {
    meeting.mask = mask;
    meeting.collective = collective;
    warp.open |= 1u << lowest;
  } else if (meeting.mask != mask || meeting.collective != collective) {
    fail("lanes of one warp meet for different operations, in " + nameOf(thread));
  }
  warp.operands[lane] = operands;
  thread.waitsAt = &meeting;
  thread.generation = meeting.generation;
  meeting.arrived |= 1u << lane;
  closeIfAllArrived(warp, meeting);
  wait();
}

void Cluster::closeIfAllArrived(Warp& warp, WarpMeeting& meeting) {
  if (meeting.arrived == 0 || (meeting.mask & warp.live & ~meeting.arrived) != 0) return;
  const unsigned lanes = meeting.arrived;
  meeting.arrived = 0;
  meeting.generation++;
  warp.open &= ~(1u << __builtin_ctz(meeting.mask));
  if (meeting.collective != nullptr) meeting.collective(warp.operands, lanes);
}

Mbarrier& Cluster::mbarrierAt(void* slot) {
  static_assert(sizeof(Mbarrier) == 8);
  if (!isShared(slot, sizeof(Mbarrier))) fail("an mbarrier in memory that is not shared, in " + nameOf(*current));
  return *static_cast<Mbarrier*>(slot);
}

void Cluster::waitFor(const Mbarrier& mbarrier, unsigned parity) {
  current->waitsAt = nullptr;
  current->waitsFor = &mbarrier;
  current->parity = parity;
  wait();
  current->waitsFor = nullptr;
}

std::string Cluster::nameOf(const Thread& thread) const {
  return "thread " + triple(thread.place.thread) + " of block " + triple(thread.place.block);
}

void Cluster::fail(std::string what) {
  failure = std::move(what);
  for (auto& warp : warps) warp = Warp{};
  void* ignored;
  tw_switch(&ignored, caller);
  __builtin_unreachable();
}

void Cluster::failAsDeadlock() {
  unsigned atBarrier = 0;
  for (unsigned i = 0; i < count; i++) {
    const Thread& thread = threads[i];
    if (!thread.ended && (thread.waitsAt == &thread.block->all || thread.waitsAt == &together)) atBarrier++;
  }
  fail("deadlock: of " + std::to_string(live) + " threads that have not ended, " + std::to_string(atBarrier) +
       " wait at __syncthreads and " + std::to_string(live - atBarrier) +
       " for lanes of their warp or a phase of an mbarrier, among them " + nameOf(*current));
}

bool Cluster::isShared(const void* pointer, unsigned bytes) const {
  if (shared.holds(pointer, bytes)) return true;
  for (const Block& block : blocks) {
    if (block.dynamicShared.holds(pointer, bytes)) return true;
  }
  return false;
}

void* Cluster::inBlock(void* pointer, unsigned rank) {
  const MemoryRange own = current->block->dynamicShared;
  if (!own.holds(pointer, 1)) fail("a place that is not in the block's shared memory, in " + nameOf(*current));
  if (rank >= blocks.size()) fail("rank " + std::to_string(rank) + " in a cluster of " + std::to_string(blocks.size()) + ", in " + nameOf(*current));
  return blocks[rank].dynamicShared.start + (static_cast<unsigned char*>(pointer) - own.start);
}

namespace {
void land(const Copy& copy) {
  if (copy.inside) std::memcpy(copy.to, copy.from, copy.bytes);
  else std::memset(copy.to, 0, copy.bytes);
}
}  // namespace

void Cluster::issueCopy(const Copy& copy) {
  const auto misaligned = [&](const void* at) { return reinterpret_cast<std::uintptr_t>(at) % copy.bytes != 0; };
  if (misaligned(copy.to) || (copy.inside && misaligned(copy.from)))
    fail("an asynchronous copy of " + std::to_string(copy.bytes) + " bytes that is not aligned to them, in " +
         nameOf(*current));
  if (!isShared(copy.to, copy.bytes))
    fail("an asynchronous copy to memory that is not shared, in " + nameOf(*current));
  if (launch->earliestCopies) return land(copy);
  current->copies.push_back(copy);
  current->copies.back().group = current->group;
}

void Cluster::waitForCopies(unsigned pending) {
  auto& copies = current->copies;
  std::size_t landed = 0;
  while (landed < copies.size() && copies[landed].group + pending < current->group) land(copies[landed++]);
  copies.erase(copies.begin(), copies.begin() + landed);
}

extern "C" const TwPlace* tw_place() { return &running->self().place; }
extern "C" void tw_block_barrier() { running->barrier(); }
extern "C" void tw_cluster_barrier() { running->clusterBarrier(); }
extern "C" void* tw_in_block(void* pointer, unsigned rank) { return running->inBlock(pointer, rank); }
extern "C" void tw_meet(unsigned mask, TwCollective collective, void* operands) {
  running->meet(mask, collective, operands);
}
extern "C" void tw_fail(const char* message) {
  const auto& [thread, lane, block, blockExtent, gridExtent, dynamicShared] = running->self().place;
  running->fail(std::string(message) + ", in thread " + triple(thread) + " of block " + triple(block));
}
extern "C" bool tw_is_shared(const void* pointer, unsigned bytes) { return running->isShared(pointer, bytes); }
extern "C" void tw_issue_copy(void* to, const void* from, unsigned bytes, bool inside) {
  running->issueCopy({to, from, bytes, inside, 0});
}
extern "C" void tw_commit_copies() { running->self().group++; }
extern "C" void tw_wait_copies(unsigned pending) { running->waitForCopies(pending); }
extern "C" void tw_init_mbarrier(void* slot, int arrivals) {
  running->mbarrierAt(slot) = {static_cast<std::uint16_t>(arrivals), 0, 0, 0};
}
namespace {
void endPhase(Mbarrier& mbarrier) {
  if (mbarrier.arrived < mbarrier.expected || mbarrier.awaited != 0) return;
  mbarrier.arrived = 0;
  mbarrier.parity ^= 1;
}
}  // namespace
extern "C" void tw_arrive_at_mbarrier(void* slot) {
  Mbarrier& mbarrier = running->mbarrierAt(slot);
  mbarrier.arrived++;
  endPhase(mbarrier);
}
extern "C" void tw_expect_bytes(void* slot, int bytes) {
  Mbarrier& mbarrier = running->mbarrierAt(slot);
  mbarrier.awaited += bytes;
  endPhase(mbarrier);
}
extern "C" void tw_wait_at_mbarrier(void* slot, int parity) {
  running->waitFor(running->mbarrierAt(slot), static_cast<unsigned>(parity));
}
