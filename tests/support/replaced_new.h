// Defines the program's operator new and delete, in the one file of a program that includes it.
// That file defines the functions of snapfs::test::replaced_new which are declared here. All forms
// are replaced: by the standard's own definition most would end in one of the others, but not by
// the sanitizers'.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace snapfs::test::replaced_new {

/// Memory of std::malloc or std::aligned_alloc, or null when there is to be none.
void* allocate(std::size_t size, std::align_val_t alignment = {}) noexcept;

/// Of either; null is nothing.
void release(void* memory) noexcept;

inline void* malloc_aligned(std::size_t size, std::align_val_t alignment) noexcept {
  const auto multiple = static_cast<std::size_t>(alignment);
  size = std::max<std::size_t>(size, 1);
  return multiple == 0 ? std::malloc(size)
                       : std::aligned_alloc(multiple, (size + multiple - 1) / multiple * multiple);
}

inline void* allocate_or_throw(std::size_t size, std::align_val_t alignment = {}) {
  void* const memory = allocate(size, alignment);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace snapfs::test::replaced_new

void* operator new(std::size_t size) { return snapfs::test::replaced_new::allocate_or_throw(size); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return snapfs::test::replaced_new::allocate_or_throw(size, alignment);
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return snapfs::test::replaced_new::allocate(size);
}
void* operator new(std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return snapfs::test::replaced_new::allocate(size, alignment);
}
void operator delete(void* memory) noexcept { snapfs::test::replaced_new::release(memory); }
void operator delete(void* memory, std::size_t) noexcept {
  snapfs::test::replaced_new::release(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
  snapfs::test::replaced_new::release(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  snapfs::test::replaced_new::release(memory);
}
void operator delete(void* memory, const std::nothrow_t&) noexcept {
  snapfs::test::replaced_new::release(memory);
}
void operator delete(void* memory, std::align_val_t, const std::nothrow_t&) noexcept {
  snapfs::test::replaced_new::release(memory);
}

void* operator new[](std::size_t size) {
  return snapfs::test::replaced_new::allocate_or_throw(size);
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return snapfs::test::replaced_new::allocate_or_throw(size, alignment);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return snapfs::test::replaced_new::allocate(size);
}
void* operator new[](std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return snapfs::test::replaced_new::allocate(size, alignment);
}
void operator delete[](void* memory) noexcept { snapfs::test::replaced_new::release(memory); }
void operator delete[](void* memory, std::size_t) noexcept {
  snapfs::test::replaced_new::release(memory);
}
void operator delete[](void* memory, std::align_val_t) noexcept {
  snapfs::test::replaced_new::release(memory);
}
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept {
  snapfs::test::replaced_new::release(memory);
}
void operator delete[](void* memory, const std::nothrow_t&) noexcept {
  snapfs::test::replaced_new::release(memory);
}
void operator delete[](void* memory, std::align_val_t, const std::nothrow_t&) noexcept {
  snapfs::test::replaced_new::release(memory);
}
