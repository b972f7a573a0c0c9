#!/bin/sh
# Runs everything that wants an NVIDIA GPU, on a machine without a network, Node or npm, from the folder that this file is in.
#   sh run.sh [STEP…]      all steps, or some: machine doctor tests webgpu check check-webgpu models bench sanitize
# Results go to $OUT (default: ./results): a log a step, JSON where there is any, and summary.txt, which grows step by step, so
# that nothing is lost where the machine is taken away. SECONDS_A_STEP (default: 540) ends a step that takes longer.
# CUDA_DEVICE=cuda-emulated rehearses on the processor, where g++ is installed.
set -u
here=$(cd "$(dirname "$0")" && pwd)
OUT=${OUT:-$PWD/results}
limit=${SECONDS_A_STEP:-540}
device=${CUDA_DEVICE:-cuda}
[ "$device" = cuda ] && tier=cuda && sizes=full || { tier=cuda-source; sizes=tiny; }
mkdir -p "$OUT"
OUT=$(cd "$OUT" && pwd)

say() { printf '%s\n' "$*" | tee -a "$OUT/summary.txt"; }
say "# $(date -u +%Y-%m-%dT%H:%M:%SZ) $(sed -n 's/.*"commit": "\(.*\)".*/commit \1/p' "$here/manifest.json")"

[ "$(uname -s) $(uname -m)" = 'Linux x86_64' ] || { say "needs Linux on x86-64; this is $(uname -s) $(uname -m)"; exit 1; }
needed=$(sed -n 's/.*"glibc": "\(.*\)".*/\1/p' "$here/manifest.json")
found=$(getconf GNU_LIBC_VERSION 2>/dev/null | sed 's/.* //')
if [ -z "$found" ] || [ "$(printf '%s\n%s\n' "$needed" "$found" | sort -V | head -n 1)" != "$needed" ]; then
  say "needs glibc $needed; this machine has ${found:-none}"
  exit 1
fi

# Of the libraries in the bundle those that the machine lacks: its own may belong to its driver.
mkdir -p "$here/lib-used"
known=$( (/sbin/ldconfig -p || ldconfig -p) 2>/dev/null )
for path in "$here"/lib/*; do
  name=${path##*/}
  case $known in *"$name"*) ;; *) [ -e "$path" ] && ln -sf "$path" "$here/lib-used/$name" ;; esac
done
export LD_LIBRARY_PATH="${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$here/lib-used"
export PATH="$here/bin:$PATH"
export TILEWRIGHT_DATA="$here/data"
export XDG_RUNTIME_DIR="${XDG_RUNTIME_DIR:-/tmp}"
export HOME="${HOME:-/tmp}"
export CI=true NO_COLOR=1

# NVRTC of Python's packages, where no toolkit is named: the project looks beside the usual Pythons by itself.
python=$(command -v python3 || true)
if [ -n "$python" ] && [ -z "${VIRTUAL_ENV:-}${CONDA_PREFIX:-}" ]; then
  VIRTUAL_ENV=$("$python" -c 'import sys; print(sys.prefix)' 2>/dev/null) && export VIRTUAL_ENV
fi
# The Vulkan driver, where it lies apart from the usual places.
if [ -z "${VK_DRIVER_FILES:-}" ] && ! ls /usr/share/vulkan/icd.d/nvidia* /etc/vulkan/icd.d/nvidia* >/dev/null 2>&1; then
  icd=$(find /usr/local /opt /usr/share -name 'nvidia_icd*.json' 2>/dev/null | head -n 1)
  [ -n "$icd" ] && export VK_DRIVER_FILES="$icd"
fi

# step NAME COMMAND…: output in a log; the exit code and the last of the telling lines in the summary.
step() {
  name=$1
  shift
  started=$(date +%s)
  timeout -k 10 "$limit" "$@" >"$OUT/$name.log" 2>&1
  code=$?
  [ "$code" -eq 124 ] && ended="ended after $limit s" || ended="exit code $code"
  say "$name: $ended, $(($(date +%s) - started)) s"
  grep -E "${telling:-.}" "$OUT/$name.log" | tail -n "${shown:-3}" | cut -c 1-200 | sed 's/^ */    /' | tee -a "$OUT/summary.txt"
  return 0
}
cli="node $here/packages/cli/bin/tilewright.js"
cd "$here" || exit 1

# vitest NAME TIER FILE…: a tier that cannot run says why.
vitest() {
  name=$1
  tests_of=$2
  shift 2
  telling='^ *(Test Files|Tests) |^ *FAIL|^watchdog|^tier '"$tests_of"' skipped|Error:' shown=20 \
    step "$name" node node_modules/vitest/vitest.mjs run --project "$tests_of" --reporter=default --reporter=json \
    "--outputFile.json=$OUT/$name.json" "$@"
}
# check NAME DEVICE FOLDER… [OPTION…]
check() {
  name=$1
  on=$2
  shift 2
  step "$name" sh -c 'out=$1; shift; "$@" >"$out"; code=$?; node scripts/offline-bundle/summarize-check.mjs "$out"; exit "$code"' \
    - "$OUT/$name.json" $cli check --json --device "$on" "$@"
}
node_cases() { node scripts/offline-bundle/list-cases.mjs "$TILEWRIGHT_DATA"; }

# bench NAME CASE… [OPTION…]
bench() {
  name=$1
  shift
  step "$name" sh -c 'out=$1; shift; "$@" >"$out"' - "$OUT/$name.json" \
    node apps/bench/dist/main.js cuda --device "$device" --sizes "$sizes" --json "$@"
}

sanitizer() {
  command -v compute-sanitizer || ls /usr/local/cuda/bin/compute-sanitizer /usr/local/cuda*/compute-sanitizer/compute-sanitizer 2>/dev/null ||
    find / -name compute-sanitizer -type f -perm -u+x 2>/dev/null
}

run_step() {
  case $1 in
    machine)
      shown=12 step machine sh -c 'nvidia-smi; nvcc --version; ldconfig -p | grep -E "libcuda|libnvrtc|libvulkan|nvidia"; env | grep -E "^(PATH|LD_LIB|VK_|CUDA|VIRTUAL)"; python3 -c "import torch, triton; print(torch.__version__, torch.version.cuda, triton.__version__, torch.cuda.get_device_name(0))"; ls /dev/nvidia*; node --version' ;;
    doctor) shown=12 step doctor $cli doctor ;;
    tests)
      shown=12 step run $cli run --device "$device"
      vitest tests "$tier" $(ls packages/backend-cuda/src/*/*.cuda.test.ts)
      vitest tests-cli "$tier" packages/cli/src/conformance.cuda.test.ts ;;
    webgpu)
      shown=8 step run-webgpu $cli run --device webgpu
      vitest webgpu webgpu packages/backend-wgsl packages/runtime packages/schedules packages/compiler packages/fusion ;;
    check) check check "$device" $(node_cases) ;;
    check-webgpu) check check-webgpu webgpu $(node_cases) ;;
    models)
      if [ -z "$(ls "$TILEWRIGHT_DATA/models")" ]; then
        say 'models: none in this bundle'
        return
      fi
      for on in "$device" webgpu; do check "models-$on" "$on" "$TILEWRIGHT_DATA/models" --of-max 1e-4; done ;;
    sanitize)
      tool=$(sanitizer | head -n 1)
      if [ -z "$tool" ]; then
        say 'sanitize: no compute-sanitizer on this machine'
        return
      fi
      emulated=packages/backend-cuda/src/emulated
      for check in memcheck racecheck; do
        step "sanitize-$check" "$tool" --tool "$check" --target-processes all --error-exitcode 9 node node_modules/vitest/vitest.mjs run \
          --project cuda $(ls $emulated/goldens.cuda* $emulated/rows.cuda* $emulated/hand-written.cuda* $emulated/templates.cuda*)
      done ;;
    bench)
      bench bench
      [ -z "$(ls "$TILEWRIGHT_DATA/models")" ] || bench bench-models $(ls "$TILEWRIGHT_DATA/models") --models --rounds 5 ;;
    *)
      say "there is no step '$1'"
      return 1 ;;
  esac
}

[ $# -gt 0 ] || set -- machine doctor tests check models bench webgpu check-webgpu sanitize
for wanted in "$@"; do run_step "$wanted"; done
say "results: $OUT"
