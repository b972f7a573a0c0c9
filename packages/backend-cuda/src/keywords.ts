/** Words that no name in printed CUDA C++ may be: keywords of C++20, and what the printed source uses or CUDA declares. */

const keywords = `alignas alignof and and_eq asm auto bitand bitor bool break case catch char char8_t char16_t char32_t class
co_await co_return co_yield compl concept const const_cast consteval constexpr constinit continue decltype default delete
do double dynamic_cast else enum explicit export extern false float for friend goto if import inline int long module mutable
namespace new noexcept not not_eq nullptr operator or or_eq private protected public register reinterpret_cast requires
restrict return short signed sizeof static static_assert static_cast struct switch template this thread_local throw true try
typedef typeid typename union unsigned using virtual void volatile wchar_t while xor xor_eq`

const predeclared = `NULL INFINITY NAN size_t half dim3 threadIdx blockIdx blockDim gridDim warpSize main main_kernel abs min max
exp expf log logf sqrt sqrtf erf erff floorf ceilf rintf sinf cosf tanf asinf acosf atanf sinhf coshf tanhf asinhf acoshf atanhf tan
asin acos atan sinh cosh tanh asinh acosh atanh fabs fabsf powf fminf fmaxf atomicAdd atomicMin atomicMax uint uchar ushort ulong float2 float3 float4 int2 int3 int4 uint2
uint3 uint4 make_float2 make_float4 make_int2 make_int4 make_uint2 make_uint4 std cuda nvcuda linux unix assert printf clock shared_memory TW_DYNAMIC_SHARED
time signal remove rename y0 y1 yn j0 j1 jn gamma pow sin cos round floor ceil index div`

export const reserved: ReadonlySet<string> = new Set([keywords, predeclared].flatMap((words) => words.split(/\s+/)))
