// Stacks, and the switch between them.
#pragma once
#include <memory>
#include <vector>

// Saves the registers that a call preserves, and the stack pointer in `*save`; goes on with what was saved at `to`.
extern "C" void tw_switch(void** save, void* to);

class Stack {
 public:
  // The `number` moves the top, so that the frames of many fibers do not fall into the same lines of the cache.
  explicit Stack(unsigned number);
  ~Stack();
  Stack(const Stack&) = delete;
  // What to switch to, so that `main` runs on it from the start; it never returns.
  void* fresh(void (*main)());

 private:
  unsigned char* memory;
  unsigned shift;
};

// Stacks that are made when there is none to use again.
class Stacks {
 public:
  Stack* take();
  void giveBack(Stack* stack) { free.push_back(stack); }

 private:
  std::vector<std::unique_ptr<Stack>> made;
  std::vector<Stack*> free;
};
