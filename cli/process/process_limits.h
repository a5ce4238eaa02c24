// What the process may use of the system.
#pragma once

namespace snapfs {

/// Opens /dev/null for standard streams that are closed: or a file of ours would get the number of
/// one, and what is meant for a terminal be written into it. Call it before anything is opened.
void open_standard_streams() noexcept;

/// Raises the soft limit of open descriptors to the hard one: every level of a walked directory
/// holds one. Where that is not allowed the limit stays as it is.
void raise_descriptor_limit() noexcept;

/// Has the C library give buffers of a MiB and more back to the system as soon as they are freed,
/// and of the smaller ones what lies free at the heap's end, but for 4 MiB.
/// By default it learns to keep such blocks, which doubles the peak of a program that handles packs
/// and chunks. Call it first of all.
void return_large_buffers() noexcept;

/// From now on buffers of up to a pack's size, and 24 MiB that lie free at each heap's end, are
/// kept to be used again. For commands that are about to read or write much data: fetching and
/// clearing fresh pages takes them up to a third of the processor's time.
void reuse_large_buffers() noexcept;

}  // namespace snapfs
