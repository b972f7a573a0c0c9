// The launch of a kernel: clusters of blocks, mostly of one, are spread over OS threads. Built once, and shared by all modules.
#include <link.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "cluster.h"
#include "division.h"

namespace {

// The image of a module's thread-local variables: its shared memory, as every `__shared__` is one.
struct ThreadLocals {
  const void* code;
  unsigned long module = 0;
  std::size_t bytes = 0;
};

int findThreadLocals(dl_phdr_info* info, std::size_t, void* data) {
  auto& found = *static_cast<ThreadLocals*>(data);
  const auto code = reinterpret_cast<std::uintptr_t>(found.code);
  std::size_t bytes = 0;
  bool holdsCode = false;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const auto& part = info->dlpi_phdr[i];
    const auto start = info->dlpi_addr + part.p_vaddr;
    if (part.p_type == PT_LOAD && code >= start && code < start + part.p_memsz) holdsCode = true;
    if (part.p_type == PT_TLS) bytes = part.p_memsz;
  }
  if (!holdsCode) return 0;
  found.module = info->dlpi_tls_modid;
  found.bytes = bytes;
  return 1;
}

// As the ABI of thread-local storage has it (ELF handling for TLS, 3.4.2).
struct TlsIndex {
  unsigned long module, offset;
};
extern "C" void* __tls_get_addr(TlsIndex*);

MemoryRange sharedMemory(const ThreadLocals& locals) {
  if (locals.bytes == 0) return {};
  TlsIndex index{locals.module, 0};
  auto* start = static_cast<unsigned char*>(__tls_get_addr(&index));
  return {start, start + locals.bytes};
}

// OS threads that wait for work. They are never joined: a process may end while they wait.
class Pool {
 public:
  // Runs `work` on `threads` OS threads at once, the caller's among them.
  void run(unsigned threads, const std::function<void()>& work) {
    if (threads <= 1) return work();
    {
      std::lock_guard lock(mutex);
      for (; started < threads - 1; started++) std::thread([this] { serve(); }).detach();
      job = &work;
      wanted = running = threads - 1;
    }
    wake.notify_all();
    work();
    std::unique_lock lock(mutex);
    ended.wait(lock, [this] { return running == 0; });
  }

 private:
  void serve() {
    std::unique_lock lock(mutex);
    for (;;) {
      wake.wait(lock, [this] { return wanted > 0; });
      wanted--;
      const auto& work = *job;
      lock.unlock();
      work();
      lock.lock();
      if (--running == 0) ended.notify_one();
    }
  }

  std::mutex mutex;
  std::condition_variable wake, ended;
  const std::function<void()>* job = nullptr;
  unsigned started = 0, wanted = 0, running = 0;
};

// Never destroyed, as OS threads wait in it.
struct State {
  // Launches follow each other, as in one stream.
  std::mutex launches;
  Pool pool;
  std::vector<std::unique_ptr<Cluster>> clusters;
  std::string message;
};
State& state = *new State;

int refuse(std::string message) {
  state.message = std::move(message);
  return 1;
}

}  // namespace

extern "C" const char* tw_message() { return state.message.c_str(); }

extern "C" int tw_launch(const TwLaunch* launch) {
  std::lock_guard serial(state.launches);
  surviveDivisions();
  const auto [x, y, z] = launch->gridExtent;
  const auto [bx, by, bz] = launch->blockExtent;
  const std::uint64_t blocks = std::uint64_t{x} * y * z;
  const std::uint64_t threads = std::uint64_t{bx} * by * bz;
  if (blocks == 0 || threads == 0) return refuse("a launch of no threads");
  if (threads > maxThreads) return refuse("a block of more than 1024 threads");
  if (x % launch->cluster != 0) return refuse("a grid that does not consist of whole clusters");

  ThreadLocals locals{reinterpret_cast<const void*>(launch->run)};
  dl_iterate_phdr(findThreadLocals, &locals);
  // Of which there is one for all blocks on an OS thread.
  if (launch->cluster > 1 && locals.bytes > 0) return refuse("a cluster with shared memory that is not dynamic");

  std::uint64_t workers = launch->osThreads == 0 ? std::thread::hardware_concurrency() : launch->osThreads;
  const std::uint64_t clusters = blocks / launch->cluster;
  workers = std::max<std::uint64_t>(1, std::min(workers, clusters));
  while (state.clusters.size() < workers) state.clusters.push_back(std::make_unique<Cluster>());
  std::atomic<unsigned> nextWorker = 0;
  std::atomic<std::uint64_t> nextCluster = 0;
  std::atomic<bool> failed = false;
  state.pool.run(static_cast<unsigned>(workers), [&] {
    Cluster& cluster = *state.clusters[nextWorker++];
    cluster.begin(*launch, sharedMemory(locals));
    for (std::uint64_t i; !failed && (i = nextCluster++) < clusters;) {
      const auto at = launch->cluster * (launch->reversed ? clusters - 1 - i : i);
      const TwIndex index{unsigned(at % x), unsigned(at / x % y), unsigned(at / x / y)};
      if (!cluster.execute(index)) failed = true;
    }
  });
  for (unsigned i = 0; i < workers; i++) {
    if (!state.clusters[i]->message().empty()) return refuse(state.clusters[i]->message());
  }
  return 0;
}
