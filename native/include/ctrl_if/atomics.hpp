// Atomic access to 32-bit words of shared memory, in place of std::atomic_ref, which C++17 does not have.
//
// std::atomic<uint32_t> would claim that an object of that type lives in the page. But the page has plain bytes that
// another process writes, perhaps in another language. The compiler's builtins work on such bytes.
#pragma once

#include <cstdint>

#if defined(__x86_64__) || defined(__i386__)
#include <immintrin.h>
#endif

namespace ctrl_if {

// A lock inside libatomic would be a different lock in each process.
static_assert(__atomic_always_lock_free(sizeof(uint32_t), nullptr), "32-bit words must be lock-free");

inline uint32_t load_acquire(const uint32_t* word) { return __atomic_load_n(word, __ATOMIC_ACQUIRE); }
inline uint32_t load_relaxed(const uint32_t* word) { return __atomic_load_n(word, __ATOMIC_RELAXED); }
inline void store_release(uint32_t* word, uint32_t value) { __atomic_store_n(word, value, __ATOMIC_RELEASE); }
inline void store_relaxed(uint32_t* word, uint32_t value) { __atomic_store_n(word, value, __ATOMIC_RELAXED); }

/// Acquire and release: the caller sees everything before the last write, and the next reader everything before this.
inline uint32_t exchange(uint32_t* word, uint32_t value) { return __atomic_exchange_n(word, value, __ATOMIC_ACQ_REL); }

// Bits that several processes set and clear. Sequentially consistent: when each of two sides changes one word and then
// reads the other word (event_channel.hpp), at least one of them sees the change. On x86 weaker orders cost the same.
inline uint32_t load_seq_cst(const uint32_t* word) { return __atomic_load_n(word, __ATOMIC_SEQ_CST); }
inline uint32_t set_bits(uint32_t* word, uint32_t bits) { return __atomic_fetch_or(word, bits, __ATOMIC_SEQ_CST); }
inline uint32_t clear_bits(uint32_t* word, uint32_t bits) { return __atomic_fetch_and(word, ~bits, __ATOMIC_SEQ_CST); }

/// Stores `desired` if the word is `expected`, and returns the former word. Acquire and release when it stores, as
/// exchange(); else acquire.
inline uint32_t compare_exchange(uint32_t* word, uint32_t expected, uint32_t desired) {
  __atomic_compare_exchange_n(word, &expected, desired, /*weak=*/false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
  return expected;
}

/// Keeps an earlier store ahead of a later load, which no weaker order does (store buffers, also on x86).
inline void full_fence() { __atomic_thread_fence(__ATOMIC_SEQ_CST); }

/// Forbids the compiler to load again what it loaded before this point. It emits no instruction.
inline void compiler_fence() { __atomic_signal_fence(__ATOMIC_SEQ_CST); }

/// One turn of a busy wait: it gives the core's pipeline to its sibling, and the spin ends without a mis-speculated
/// load.
inline void cpu_relax() {
#if defined(__x86_64__) || defined(__i386__)
  _mm_pause();
#elif defined(__aarch64__) || defined(__arm__)
  __asm__ __volatile__("yield" ::: "memory");
#else
  compiler_fence();
#endif
}

}  // namespace ctrl_if
