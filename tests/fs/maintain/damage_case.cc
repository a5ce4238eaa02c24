#include "tests/fs/maintain/damage_case.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include <fmt/format.h>

#include "fs/base/error.h"

namespace snapfs::test {
namespace {

using Kind = DamageCase::Kind;

/// A name that no file has.
FileKey other_name(const FileKey& key) {
  FileKey other = key;
  other.id.bytes[0] ^= 0xff;
  return other;
}

void remove_if_there(Backend& repository, const FileKey& key) {
  try {
    repository.remove(key, {});
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kNotFound) throw;
  }
}

constexpr std::array<const char*, 9> kWords = {
    "bit {} flipped",  "cut off after {} bytes", "byte {} left out",
    "byte {} doubled", "byte {} swapped",        "gone",
    "there twice",     "under another name too", "in the place of number {}"};

Bytes changed(const Bytes& sound, const DamageCase& one) {
  Bytes bytes = sound;
  const auto at = bytes.begin() + static_cast<std::ptrdiff_t>(one.place);
  switch (one.kind) {
    case Kind::kBit:
      bytes[one.place / 8] = static_cast<std::uint8_t>(bytes[one.place / 8] ^ 1 << one.place % 8);
      break;
    case Kind::kCut:
      bytes.resize(one.place);
      break;
    case Kind::kLeftOut:
      bytes.erase(at);
      break;
    case Kind::kDoubled:
      bytes.insert(at, *at);
      break;
    case Kind::kSwapped:
      std::swap(at[0], at[1]);
      break;
    default:
      append(bytes, sound);
  }
  return bytes;
}

}  // namespace

std::string DamageCase::text() const {
  return describe(file) + ", " +
         fmt::format(fmt::runtime(kWords[static_cast<std::size_t>(kind)]), place);
}

DamageCases::DamageCases(Backend& repository, std::uint64_t most_bits_of) {
  const auto add_file = [&](const FileKey& key) {
    files_.push_back({key, repository.load(key, std::nullopt, {}, {})});
    File& added = files_.back();
    added.each_bit = key.kind != FileKind::kPack || added.sound.size() <= most_bits_of;
  };
  add_file(FileKey::config());
  for (const FileKind kind : kListedKinds) {
    std::vector<FileKey> keys;
    for (const FileInfo& info : repository.list(kind, {})) keys.push_back({kind, info.id});
    for (const FileKey& key : keys) {
      add_file(key);
      files_.back().others = keys;
      std::erase(files_.back().others, key);
    }
  }
  for (std::size_t i = 0; i < files_.size(); ++i) {
    const std::uint64_t size = files_[i].sound.size();
    add(i, Kind::kBit, files_[i].each_bit ? 8 * size : size);
    for (const Kind kind : {Kind::kCut, Kind::kLeftOut, Kind::kDoubled}) add(i, kind, size);
    add(i, Kind::kSwapped, size - 1);
    add(i, Kind::kGone, 1);
    add(i, Kind::kTwice, 1);
    if (files_[i].key.kind != FileKind::kConfig) add(i, Kind::kMisnamed, 1);
    add(i, Kind::kExchanged, files_[i].others.size());
  }
}

void DamageCases::add(std::size_t file, DamageCase::Kind kind, std::uint64_t cases) {
  if (cases == 0) return;
  runs_.push_back({file, kind, count_});
  count_ += cases;
}

const DamageCases::File& DamageCases::file(const FileKey& key) const {
  return *std::ranges::find(files_, key, &File::key);
}

DamageCase DamageCases::at(std::uint64_t number) const {
  const Run& run = *std::prev(std::ranges::upper_bound(runs_, number, {}, &Run::first));
  const File& of = files_[run.file];
  std::uint64_t place = number - run.first;
  if (run.kind == Kind::kBit && !of.each_bit) place = 8 * place + place % 8;
  return {of.key, run.kind, place};
}

bool DamageCases::changes_anything(const DamageCase& one) const {
  if (one.kind != Kind::kSwapped) return true;
  const Bytes& sound = file(one.file).sound;
  return sound[one.place] != sound[one.place + 1];
}

void DamageCases::apply(const DamageCase& one, Backend& repository) const {
  const File& of = file(one.file);
  switch (one.kind) {
    case Kind::kGone:
      return repository.remove(of.key, {});
    case Kind::kMisnamed:
      return repository.save(other_name(of.key), of.sound, {});
    case Kind::kExchanged: {
      const File& other = file(of.others[one.place]);
      repository.save(of.key, other.sound, {});
      return repository.save(other.key, of.sound, {});
    }
    default:
      return repository.save(of.key, changed(of.sound, one), {});
  }
}

void DamageCases::undo(const DamageCase& one, Backend& repository) const {
  const File& of = file(one.file);
  repository.save(of.key, of.sound, {});
  if (one.kind == Kind::kMisnamed) remove_if_there(repository, other_name(of.key));
  if (one.kind == Kind::kExchanged) {
    const File& other = file(of.others[one.place]);
    repository.save(other.key, other.sound, {});
  }
}

}  // namespace snapfs::test
