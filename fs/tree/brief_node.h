// A node's text that is kept in less room than it takes: a file's list of contents, which can be
// longer than everything else there is, as IDs.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "fs/base/id.h"

namespace snapfs {

class BriefNode {
 public:
  /// All of it is in `json`.
  explicit BriefNode(std::string json) noexcept : json_(std::move(json)) {}

  /// In `json`, an empty list begins at `list`; the whole text has these IDs in it.
  BriefNode(std::string json, std::size_t list, std::vector<Id> content) noexcept
      : json_(std::move(json)), list_(list), content_(std::move(content)) {}

  /// The text, with an empty list where there are IDs.
  const std::string& json() const noexcept { return json_; }

  /// Of the whole text, in bytes.
  std::size_t size() const noexcept;

  void append_to(std::string& text) const;

 private:
  std::string json_;
  std::size_t list_ = 0;
  std::vector<Id> content_;
};

}  // namespace snapfs
