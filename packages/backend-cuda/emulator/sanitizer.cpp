// Receives what kernels compiled with -fsanitize=alignment,bounds complain of, in the place of g++'s own library,
// which ends the process. The layouts are those of GCC's and LLVM's ubsan handlers.
#include <cstdint>
#include <string>

#include "execution.h"

namespace {

struct SourceLocation {
  const char* file;
  std::uint32_t line, column;
};
struct TypeDescriptor {
  std::uint16_t kind, info;
  char name[1];
};
struct TypeMismatch {
  SourceLocation location;
  const TypeDescriptor* type;
  std::uint8_t alignmentBits, check;
};
struct OutOfBounds {
  SourceLocation location;
  const TypeDescriptor *array, *index;
};

[[noreturn]] void fail(const SourceLocation& at, const std::string& what) {
  tw_fail((std::string(at.file) + ":" + std::to_string(at.line) + ":" + std::to_string(at.column) + ": " + what).c_str());
}

}  // namespace

extern "C" void __ubsan_handle_type_mismatch_v1(const TypeMismatch* data, std::uintptr_t) {
  const auto alignment = std::to_string(std::uintptr_t{1} << data->alignmentBits);
  fail(data->location, std::string("a ") + data->type->name + " that is not aligned to " + alignment + " bytes");
}

extern "C" void __ubsan_handle_out_of_bounds(const OutOfBounds* data, std::uintptr_t index) {
  // Indices of up to 64 bits come by value; the printed ones are ints.
  fail(data->location, "index " + std::to_string(static_cast<std::intptr_t>(static_cast<std::int32_t>(index))) + " of " +
                           data->array->name);
}
