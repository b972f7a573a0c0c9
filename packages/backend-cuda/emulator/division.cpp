// Integers divided by zero: processors trap, which would end the process, where GPUs go on with a result that is not
// specified. Here it is all ones, the quotient and the remainder.
#include "division.h"

#include <signal.h>
#include <ucontext.h>

#include "cluster.h"

namespace {

struct sigaction before;

// The bytes of the `div` or `idiv` at `code`; 0: it is another instruction (Intel's manual, volume 2, chapter 2).
unsigned divisionBytes(const unsigned char* code) {
  unsigned at = 0;
  if (code[at] == 0x66) at++;
  if ((code[at] & 0xf0) == 0x40) at++;
  const unsigned opcode = code[at++];
  const unsigned modRm = code[at++];
  if ((opcode != 0xf6 && opcode != 0xf7) || (modRm >> 3 & 7) < 6) return 0;
  const unsigned mode = modRm >> 6, base = modRm & 7;
  if (mode == 3) return at;
  const bool isIndexed = base == 4;
  const bool isWithoutBase = mode == 0 && (isIndexed ? (code[at] & 7) == 5 : base == 5);
  const unsigned displacement = mode == 1 ? 1 : mode == 2 || isWithoutBase ? 4 : 0;
  return at + (isIndexed ? 1 : 0) + displacement;
}

void goOn(int signal, siginfo_t* info, void* context) {
  auto& registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
  const unsigned bytes = isBlockRunning() ? divisionBytes(reinterpret_cast<unsigned char*>(registers[REG_RIP])) : 0;
  if (bytes > 0) {
    registers[REG_RIP] += bytes;
    registers[REG_RAX] = registers[REG_RDX] = -1;
    return;
  }
  if (before.sa_flags & SA_SIGINFO) return before.sa_sigaction(signal, info, context);
  if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN) return before.sa_handler(signal);
  // Not a kernel's: the instruction traps again, without this handler.
  sigaction(SIGFPE, &before, nullptr);
}

}  // namespace

void surviveDivisions() {
  static const bool isSet = [] {
    struct sigaction action = {};
    action.sa_sigaction = goOn;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    return sigaction(SIGFPE, &action, &before) == 0;
  }();
  (void)isSet;
}
