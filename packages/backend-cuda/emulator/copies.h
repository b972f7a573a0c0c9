// cp.async. A copy lands at the wait, the latest moment that PTX allows, or when it is issued.
#pragma once

inline void tw_copy_async_4(void* to, const void* from, bool inside) { tw_issue_copy(to, from, 4, inside); }
inline void tw_copy_async_8(void* to, const void* from, bool inside) { tw_issue_copy(to, from, 8, inside); }
inline void tw_copy_async_16(void* to, const void* from, bool inside) { tw_issue_copy(to, from, 16, inside); }
inline void tw_copy_commit() { tw_commit_copies(); }
template <int pending>
inline void tw_copy_wait() {
  tw_wait_copies(pending);
}
