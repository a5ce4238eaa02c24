// libarchive converts names by the locale of the thread, so it is called in one that has UTF-8.
#include "fs/restore/archive_writer.h"

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>
#include <sys/stat.h>

#include <exception>
#include <utility>

#include <fmt/format.h>

#include "fs/base/error.h"

namespace snapfs {
namespace {

constexpr int kBlockBytes = 64 << 10;
constexpr int kLastBlockBytes = 512;

struct EntryDeleter {
  void operator()(archive_entry* entry) const noexcept { archive_entry_free(entry); }
};
using Entry = std::unique_ptr<archive_entry, EntryDeleter>;

/// While it lives, the thread's locale takes every byte and knows UTF-8.
class Utf8Locale {
 public:
  Utf8Locale() : before_(::uselocale(shared())) {}
  ~Utf8Locale() { ::uselocale(before_); }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

 private:
  static locale_t shared() {
    static const locale_t locale = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    return locale;
  }

  locale_t before_;
};

/// The time the way libarchive 3.6 writes it, which is the seconds, a point and the nanoseconds:
/// for times before the epoch the fraction counts backwards. Only the last second before it cannot
/// be written so, for want of a negative zero.
Timestamp written_time(Timestamp time) {
  constexpr std::int32_t kSecond = 1'000'000'000;
  if (time.seconds >= 0 || time.nanoseconds == 0) return time;
  if (time.seconds == -1) return {time.nanoseconds >= kSecond / 2 ? 0 : -1, 0};
  return {time.seconds + 1, kSecond - time.nanoseconds};
}

/// An owner is told by name only when all of it can be told.
bool is_name(const std::string& owner) {
  return !owner.empty() && owner.find('\0') == std::string::npos;
}

Entry make_entry(const std::string& path, const Node& node) {
  Entry entry(archive_entry_new());
  archive_entry_set_pathname(entry.get(), path.c_str());
  archive_entry_set_mode(entry.get(),
                         static_cast<mode_t>(file_type_bits(node.type) | node.permissions));
  const Timestamp mtime = written_time(node.mtime);
  archive_entry_set_mtime(entry.get(), mtime.seconds, mtime.nanoseconds);
  archive_entry_set_uid(entry.get(), node.uid);
  archive_entry_set_gid(entry.get(), node.gid);
  if (is_name(node.user)) archive_entry_set_uname(entry.get(), node.user.c_str());
  if (is_name(node.group)) archive_entry_set_gname(entry.get(), node.group.c_str());
  if (node.type == NodeType::kBlockDevice || node.type == NodeType::kCharDevice) {
    archive_entry_set_rdev(entry.get(), static_cast<dev_t>(node.device));
  }
  if (node.type == NodeType::kSymlink) {
    archive_entry_set_symlink(entry.get(), node.link_target.c_str());
  }
  for (const ExtendedAttribute& attribute : node.extended_attributes) {
    archive_entry_xattr_add_entry(entry.get(), attribute.name.c_str(), attribute.value.data(),
                                  attribute.value.size());
  }
  return entry;
}

}  // namespace

bool can_hold(ArchiveFormat format, NodeType type) noexcept {
  if (type == NodeType::kSocket || type == NodeType::kIrregular) return false;
  return format == ArchiveFormat::kTar || type == NodeType::kFile || type == NodeType::kDirectory ||
         type == NodeType::kSymlink;
}

/// The C library's object, and the way from its callback back to exceptions.
class ArchiveWriter::Library {
 public:
  Library(ArchiveFormat format, ByteSink sink)
      : sink_(std::move(sink)), archive_(archive_write_new()) {
    if (archive_ == nullptr) throw std::bad_alloc();
    if (format == ArchiveFormat::kTar) {
      check(archive_write_set_format_pax(archive_));
      check(archive_write_set_format_option(archive_, "pax", "xattrheader", "SCHILY"));
    } else {
      check(archive_write_set_format_zip(archive_));
      check(archive_write_set_format_option(archive_, "zip", "hdrcharset", "UTF-8"));
    }
    check(archive_write_set_bytes_per_block(archive_, kBlockBytes));
    check(archive_write_set_bytes_in_last_block(archive_, kLastBlockBytes));
    check(archive_write_open2(archive_, this, nullptr, &Library::write, nullptr, nullptr));
  }
  ~Library() {
    ended_ = true;  // or it would write the end of an archive that is not complete
    archive_write_free(archive_);
  }
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  archive* get() const noexcept { return archive_; }

  /// After a call that returned `status`.
  void check(int status) {
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
    if (status == ARCHIVE_OK || status == ARCHIVE_WARN) return;
    const char* const reason = archive_error_string(archive_);
    throw Error(ErrorCode::kIo, fmt::format("cannot write the archive: {}",
                                            reason != nullptr ? reason : "unknown reason"));
  }

 private:
  static la_ssize_t write(archive* /*archive*/, void* self, const void* bytes, std::size_t size) {
    auto* const library = static_cast<Library*>(self);
    // An error of ours is thrown when the library's call returns. Told of one it would never free
    // what it holds for the archive.
    try {
      if (!library->ended_) library->sink_({static_cast<const std::uint8_t*>(bytes), size});
    } catch (...) {
      library->failure_ = std::current_exception();
      library->ended_ = true;
    }
    return static_cast<la_ssize_t>(size);
  }

  const ByteSink sink_;
  archive* archive_;
  std::exception_ptr failure_;
  bool ended_ = false;  ///< nothing is written any more
};

ArchiveWriter::ArchiveWriter(ArchiveFormat format, ByteSink sink)
    : library_(std::make_unique<Library>(format, std::move(sink))) {}

ArchiveWriter::~ArchiveWriter() = default;

void ArchiveWriter::begin(const std::string& path, const Node& node, std::uint64_t size) {
  const Utf8Locale locale;
  const Entry entry = make_entry(path, node);
  if (node.type == NodeType::kFile) {
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(size));
  }
  library_->check(archive_write_header(library_->get(), entry.get()));
}

void ArchiveWriter::link(const std::string& path, const Node& node, const std::string& target) {
  const Utf8Locale locale;
  const Entry entry = make_entry(path, node);
  archive_entry_set_hardlink(entry.get(), target.c_str());
  archive_entry_set_size(entry.get(), 0);
  library_->check(archive_write_header(library_->get(), entry.get()));
}

void ArchiveWriter::content(ByteView bytes) {
  while (!bytes.empty()) {
    const la_ssize_t written = archive_write_data(library_->get(), bytes.data(), bytes.size());
    library_->check(written > 0 ? ARCHIVE_OK : ARCHIVE_FATAL);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

void ArchiveWriter::finish() { library_->check(archive_write_close(library_->get())); }

}  // namespace snapfs
