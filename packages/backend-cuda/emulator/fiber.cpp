#include "fiber.h"

#include <sys/mman.h>

#include <cstdint>
#include <new>

#ifndef __x86_64__
#error "CUDA is emulated on x86-64 alone: tw_switch and Stack::fresh know its registers"
#endif

asm(R"(
.text
.globl tw_switch
.hidden tw_switch
.type tw_switch, @function
tw_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size tw_switch, .-tw_switch
)");

// There in processes with AddressSanitizer alone.
extern "C" __attribute__((weak)) void __asan_unpoison_memory_region(const volatile void* start, std::size_t bytes);

namespace {
constexpr std::size_t pageBytes = 4096;
constexpr std::size_t stackBytes = 256 * 1024;
constexpr unsigned savedRegisters = 6;
}  // namespace

Stack::Stack(unsigned number) : shift(number % 15 * 256) {
  // Memory is taken when it is touched. Below lies a page that none may touch: a stack that is too small ends the process,
  // rather than writing to its neighbour.
  void* mapped = mmap(nullptr, pageBytes + stackBytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapped == MAP_FAILED) throw std::bad_alloc();
  mprotect(mapped, pageBytes, PROT_NONE);
  memory = static_cast<unsigned char*>(mapped);
}

Stack::~Stack() { munmap(memory, pageBytes + stackBytes); }

void* Stack::fresh(void (*main)()) {
  // Fibers that were left in the middle have marked their frames.
  if (__asan_unpoison_memory_region != nullptr) __asan_unpoison_memory_region(memory + pageBytes, stackBytes);
  // A function finds the stack 8 above a multiple of 16, at its return address.
  auto* top = reinterpret_cast<std::uintptr_t*>(memory + pageBytes + stackBytes - shift);
  *--top = 0;
  *--top = reinterpret_cast<std::uintptr_t>(main);
  for (unsigned i = 0; i < savedRegisters; i++) *--top = 0;
  return top;
}

Stack* Stacks::take() {
  if (free.empty()) {
    made.push_back(std::make_unique<Stack>(static_cast<unsigned>(made.size())));
    return made.back().get();
  }
  Stack* stack = free.back();
  free.pop_back();
  return stack;
}
