#include "block.h"

#include <cstring>

namespace {

// The block that runs on this OS thread. A fiber never changes the OS thread.
__thread Block* running __attribute__((tls_model("initial-exec"))) = nullptr;

// What shared memory holds at first: NaN in each float type, -1 in each int.
constexpr int poison = 0xff;

std::string triple(TwIndex index) {
  return "(" + std::to_string(index.x) + ", " + std::to_string(index.y) + ", " + std::to_string(index.z) + ")";
}

}  // namespace

bool isBlockRunning() { return running != nullptr; }

Block::Block() : threads(maxThreads), warps(maxThreads / warpLanes) {}

void Block::begin(const TwLaunch& next, MemoryRange sharedMemory) {
  launch = &next;
  shared = sharedMemory;
  failure.clear();
  dynamicMemory.assign(next.sharedBytes + 1024, 0);
  auto* start = dynamicMemory.data();
  start += -reinterpret_cast<std::uintptr_t>(start) % 1024;
  dynamicShared = {start, start + next.sharedBytes};
  const auto [x, y, z] = next.blockExtent;
  count = x * y * z;
  for (auto& warp : warps) warp = Warp{};
  for (unsigned i = 0; i < count; i++) {
    // Threads lie in the order in which they run.
    const unsigned at = next.reversed ? count - 1 - i : i;
    Thread& thread = threads[i];
    thread.place.thread = {at % x, at / x % y, at / x / y};
    thread.place.lane = at % warpLanes;
    thread.place.blockExtent = next.blockExtent;
    thread.place.gridExtent = next.gridExtent;
    thread.place.dynamicShared = start;
    thread.warp = &warps[at / warpLanes];
  }
}

bool Block::execute(TwIndex index) {
  std::memset(shared.start, poison, shared.end - shared.start);
  std::memset(dynamicShared.start, poison, dynamicShared.end - dynamicShared.start);
  all = Meeting{};
  live = count;
  for (unsigned i = 0; i < count; i++) {
    Thread& thread = threads[i];
    thread.place.block = index;
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
void Block::fiberMain() {
  Block& block = *running;
  for (;;) {
    block.launch->run(block.launch->call);
    block.leave();
  }
}

// The first after the one that runs, around the block: so that all pass one barrier before the first reaches the next.
Thread* Block::nextReady() {
  Thread* const end = threads.data() + count;
  Thread* thread = current;
  do {
    if (++thread == end) thread = threads.data();
    if (thread->ready()) return thread;
  } while (thread != current);
  return nullptr;
}

void Block::wait() {
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
void Block::leave() {
  Thread* const thread = current;
  Warp& warp = *thread->warp;
  thread->ended = true;
  warp.live &= ~(1u << thread->place.lane);
  live--;
  void* ignored;
  if (live == 0) tw_switch(&ignored, caller);
  // Who has ended is waited for no longer.
  closeIfAllArrived();
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

void Block::barrier() {
  current->waitsAt = &all;
  current->generation = all.generation;
  all.arrived++;
  closeIfAllArrived();
  wait();
}

void Block::closeIfAllArrived() {
  if (all.arrived < live || all.arrived == 0) return;
  all.arrived = 0;
  all.generation++;
}

void Block::meet(unsigned mask, TwCollective collective, void* operands) {
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

void Block::closeIfAllArrived(Warp& warp, WarpMeeting& meeting) {
  if (meeting.arrived == 0 || (meeting.mask & warp.live & ~meeting.arrived) != 0) return;
  const unsigned lanes = meeting.arrived;
  meeting.arrived = 0;
  meeting.generation++;
  warp.open &= ~(1u << __builtin_ctz(meeting.mask));
  if (meeting.collective != nullptr) meeting.collective(warp.operands, lanes);
}

Mbarrier& Block::mbarrierAt(void* slot) {
  static_assert(sizeof(Mbarrier) == 8);
  if (!isShared(slot, sizeof(Mbarrier))) fail("an mbarrier in memory that is not shared, in " + nameOf(*current));
  return *static_cast<Mbarrier*>(slot);
}

void Block::waitFor(const Mbarrier& mbarrier, unsigned parity) {
  current->waitsAt = nullptr;
  current->waitsFor = &mbarrier;
  current->parity = parity;
  wait();
  current->waitsFor = nullptr;
}

std::string Block::nameOf(const Thread& thread) const {
  return "thread " + triple(thread.place.thread) + " of block " + triple(thread.place.block);
}

void Block::fail(std::string what) {
  failure = std::move(what);
  for (auto& warp : warps) warp = Warp{};
  void* ignored;
  tw_switch(&ignored, caller);
  __builtin_unreachable();
}

void Block::failAsDeadlock() {
  unsigned atBarrier = 0;
  for (unsigned i = 0; i < count; i++) {
    if (!threads[i].ended && threads[i].waitsAt == &all) atBarrier++;
  }
  fail("deadlock: of " + std::to_string(live) + " threads that have not ended, " + std::to_string(atBarrier) +
       " wait at __syncthreads and " + std::to_string(live - atBarrier) +
       " for lanes of their warp or a phase of an mbarrier, among them " + nameOf(*current));
}

bool Block::isShared(const void* pointer, unsigned bytes) const {
  return shared.holds(pointer, bytes) || dynamicShared.holds(pointer, bytes);
}

namespace {
void land(const Copy& copy) {
  if (copy.inside) std::memcpy(copy.to, copy.from, copy.bytes);
  else std::memset(copy.to, 0, copy.bytes);
}
}  // namespace

void Block::issueCopy(const Copy& copy) {
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

void Block::waitForCopies(unsigned pending) {
  auto& copies = current->copies;
  std::size_t landed = 0;
  while (landed < copies.size() && copies[landed].group + pending < current->group) land(copies[landed++]);
  copies.erase(copies.begin(), copies.begin() + landed);
}

extern "C" const TwPlace* tw_place() { return &running->self().place; }
extern "C" void tw_block_barrier() { running->barrier(); }
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
  running->mbarrierAt(slot) = {static_cast<std::uint16_t>(arrivals), 0, 0};
}
extern "C" void tw_arrive_at_mbarrier(void* slot) {
  Mbarrier& mbarrier = running->mbarrierAt(slot);
  if (++mbarrier.arrived < mbarrier.expected) return;
  mbarrier.arrived = 0;
  mbarrier.phase++;
}
extern "C" void tw_wait_at_mbarrier(void* slot, int parity) {
  running->waitFor(running->mbarrierAt(slot), static_cast<unsigned>(parity));
}
