// Uses are sorted by where their blobs are stored, which is mostly the order of the files, too.
#include "fs/restore/content_writer.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "fs/base/parallel.h"
#include "fs/crypto/sha256.h"

namespace snapfs {

namespace {

/// Zeros are left out in pieces of this size.
constexpr std::size_t kPage = 4096;

bool is_zero(ByteView bytes) noexcept {
  return bytes.empty() ||
         (bytes.front() == 0 && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

StoredBlob stored_blob(const BlobUse& use, const Id& pack) {
  return {{BlobType::kData, use.blob}, {pack, use.offset, use.length, use.uncompressed_length}};
}

}  // namespace

void ContentWriter::write(Plan& plan) {
  try {
    write_all(plan);
  } catch (...) {
    for (const auto& file : plan.files) {
      if (file->pending > 0) files_.give_back(*file);
    }
    throw;
  }
}

void ContentWriter::write_all(Plan& plan) {
  write_empty_files(plan);
  std::ranges::sort(plan.uses, {},
                    [](const BlobUse& use) { return std::tuple(use.pack, use.offset, use.blob); });
  parallel_for_each(cut_runs(plan.uses, {}), [&](const Run& run) { write_run(plan, run); });
  write_links(plan);
  if (context_.options.verify) verify(plan);
}

std::vector<ContentWriter::Run> ContentWriter::cut_runs(const std::vector<BlobUse>& uses,
                                                        const RunLimits& limits) {
  std::vector<Run> runs;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  for (std::size_t i = 0; i < uses.size(); ++i) {
    const BlobUse& use = uses[i];
    const std::uint64_t use_end = std::uint64_t{use.offset} + use.length;
    if (i > 0 && use.pack == uses[i - 1].pack) {
      const bool same = use.blob == uses[i - 1].blob && use.offset == uses[i - 1].offset;
      const bool near = use.offset >= end && use.offset - end <= limits.max_gap &&
                        use_end - begin <= limits.max_length;
      if (same || near) {
        ++runs.back().count;
        end = std::max(end, use_end);
        continue;
      }
    }
    runs.push_back({i, 1});
    begin = use.offset;
    end = use_end;
  }
  return runs;
}

/// Files without blobs to wait for: empty ones, and those that only have to be cut.
void ContentWriter::write_empty_files(Plan& plan) {
  std::vector<FileItem*> empty;
  for (const auto& file : plan.files) {
    if (file->pending == 0) empty.push_back(file.get());
  }
  parallel_for_each(empty, [&](FileItem* file) {
    throw_if_stopped(context_.stop);
    file->pending = 1;
    run_or([&] { files_.open(*file); }, [&](const Error& error) { fail(*file, error); });
    blob_done(*file);
  });
}

void ContentWriter::write_links(Plan& plan) {
  std::vector<LinkItem> left;
  for (LinkItem& item : plan.links) {
    throw_if_stopped(context_.stop);
    if (!links_.link(item)) left.push_back(std::move(item));
  }
  plan.links = std::move(left);
}

void ContentWriter::write_run(const Plan& plan, const Run& run) {
  throw_if_stopped(context_.stop);
  const BlobUse* const first = &plan.uses[run.first];
  const BlobUse* const last = first + run.count;
  if (std::all_of(first, last, [](const BlobUse& use) { return use.file->failed.load(); })) {
    for (const BlobUse* use = first; use != last; ++use) blob_done(*use->file);
    return;
  }
  PackRun pack_run{plan.packs[first->pack], {}};
  for (const BlobUse* use = first; use != last; ++use) {
    if (use == first || use->blob != use[-1].blob || use->offset != use[-1].offset) {
      pack_run.blobs.push_back(stored_blob(*use, pack_run.pack));
    }
  }
  Bytes stored;
  bool loaded = false;
  run_or(
      [&] {
        stored = context_.repository.load_run(pack_run, context_.stop);
        loaded = true;
      },
      [](const Error& error) {
        if (error.code() == ErrorCode::kCancelled) throw Error(error);
        // Blob by blob, other copies are tried, and less memory is taken.
      });
  const BlobUse* use = first;
  for (const StoredBlob& blob : pack_run.blobs) {
    throw_if_stopped(context_.stop);
    const BlobUse* const begin = use;
    while (use != last && use->blob == blob.handle.id && use->offset == blob.location.offset) ++use;
    std::optional<Bytes> bytes;
    run_or([&] { bytes = open_blob(pack_run, blob, stored, loaded); },
           [&](const Error& error) {
             for (const BlobUse* target = begin; target != use; ++target) {
               if (LinkGroup* const group = target->file->group) group->unreadable = true;
               fail(*target->file, error);
               blob_done(*target->file);
             }
           });
    if (!bytes) continue;
    for (const BlobUse* target = begin; target != use; ++target) write_blob(*target, *bytes);
  }
}

Bytes ContentWriter::open_blob(const PackRun& run, const StoredBlob& blob, const Bytes& stored,
                               bool loaded) {
  if (loaded) {
    Bytes bytes;
    run_or([&] { bytes = context_.repository.open_blob(run, blob, stored); },
           [](const Error& error) {
             if (error.code() == ErrorCode::kCancelled) throw Error(error);
             // This copy is damaged: another may be intact.
           });
    if (!bytes.empty() && bytes.size() == blob.location.plaintext_length()) return bytes;
  }
  Bytes bytes = context_.repository.load_blob(blob.handle, context_.stop);
  if (bytes.size() == blob.location.plaintext_length()) return bytes;
  throw Error(ErrorCode::kDamaged, "the index has a wrong length of blob " +
                                       blob.handle.id.short_hex() +
                                       ": run \"snapfs repair index\"");
}

/// Never throws but what ends the restore: what fails is the file's error.
void ContentWriter::write_blob(const BlobUse& use, ByteView bytes) {
  FileItem& file = *use.file;
  if (!file.failed) {
    run_or(
        [&] {
          const OpenFiles::Handle handle = files_.open(file);
          write_bytes(handle->get(), file, use.file_offset, bytes);
          context_.progress.bytes_restored += bytes.size();
        },
        [&](const Error& error) { fail(file, error); });
  }
  blob_done(file);
}

void ContentWriter::write_bytes(int fd, const FileItem& file, std::uint64_t offset,
                                ByteView bytes) {
  if (!context_.options.sparse) return context_.target.write_at(fd, offset, bytes);
  const bool has_old_bytes = file.start == FileItem::Start::kUpdate;
  while (!bytes.empty()) {
    // Up to the next page of the file.
    const auto piece = [&](std::size_t at) {
      return std::min<std::size_t>(kPage - (offset + at) % kPage, bytes.size() - at);
    };
    const bool zero = is_zero(bytes.first(piece(0)));
    std::size_t length = piece(0);
    while (length < bytes.size() && is_zero(bytes.subspan(length, piece(length))) == zero) {
      length += piece(length);
    }
    if (!zero) {
      context_.target.write_at(fd, offset, bytes.first(length));
    } else if (has_old_bytes) {
      context_.target.punch_hole(fd, offset, length);
    }
    offset += length;
    bytes = bytes.subspan(length);
  }
}

void ContentWriter::fail(FileItem& file, const Error& error) {
  if (!ends_restore(error) && file.failed.exchange(true)) return;
  context_.report(*file.directory, file.name, error);
}

void ContentWriter::blob_done(FileItem& file) {
  if (--file.pending > 0) return;
  if (!file.failed) {
    run_or(
        [&] {
          const OpenFiles::Handle handle = files_.open(file);
          complete(file, handle->get());
        },
        [&](const Error& error) { fail(file, error); });
  }
  if (file.failed) files_.give_back(file);
  files_.forget(file);
  if (!context_.options.verify) context_.done(*file.directory);
}

void ContentWriter::complete(FileItem& file, int fd) {
  const bool updated = file.start == FileItem::Start::kUpdate;
  if (file.group != nullptr) file.group->complete = FileIdentity::of(context_.target.stat(fd));
  context_.metadata.apply(fd, file.metadata, nullptr, updated || file.directory->inherits);
  context_.count_restored(*file.directory, file.name,
                          updated ? RestoreAction::kUpdated : RestoreAction::kRestored, true,
                          file.size);
}

/// After the files were given everything: what is read is what their user will read.
void ContentWriter::verify(Plan& plan) {
  std::ranges::sort(plan.uses, {}, [](const BlobUse& use) {
    return std::tuple(reinterpret_cast<std::uintptr_t>(use.file), use.file_offset);
  });
  parallel_for_each(plan.files, [&](const std::unique_ptr<FileItem>& file) {
    throw_if_stopped(context_.stop);
    if (!file->failed) {
      const bool good =
          context_.attempt(*file->directory, file->name, [&] { verify_file(plan, *file); });
      if (good) ++context_.progress.files_verified;
    }
    context_.done(*file->directory);
  });
}

void ContentWriter::verify_file(const Plan& plan, const FileItem& file) {
  const Directories::Handle directory = context_.directories.open(*file.directory);
  const UniqueFd fd = context_.target.open_to_read(directory->get(), file.name);
  const auto size = static_cast<std::uint64_t>(context_.target.stat(fd.get()).st_size);
  if (size != file.size) {
    throw Error(ErrorCode::kDamaged,
                fmt::format("it has {} bytes now instead of {}: restore again", size, file.size));
  }
  const auto address = [](const FileItem* item) { return reinterpret_cast<std::uintptr_t>(item); };
  auto at = std::lower_bound(plan.uses.begin(), plan.uses.end(), &file,
                             [&address](const BlobUse& use, const FileItem* wanted) {
                               return address(use.file) < address(wanted);
                             });
  Bytes buffer;
  for (; at != plan.uses.end() && at->file == &file; ++at) {
    const BlobUse& use = *at;
    throw_if_stopped(context_.stop);
    const BlobLocation place{{}, use.offset, use.length, use.uncompressed_length};
    buffer.resize(place.plaintext_length());
    const std::size_t count = read_at(fd.get(), use.file_offset, buffer, "the file");
    if (count < buffer.size() || sha256(buffer) != use.blob) {
      throw Error(ErrorCode::kDamaged,
                  fmt::format("its content at byte {} is not what was written: the disk or another "
                              "program changed it, restore again",
                              use.file_offset));
    }
  }
}

}  // namespace snapfs
