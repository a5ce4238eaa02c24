#include "cli/output/find_output.h"

#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "cli/output/json_object.h"
#include "cli/output/node_text.h"
#include "fs/base/utf8.h"
#include "fs/time/local_time.h"
#include "fs/time/rfc3339.h"
#include "fs/time/timezone.h"
#include "fs/tree/node_json.h"

namespace snapfs {
namespace {

class FindLines final : public FindOutput {
 public:
  FindLines(TextOutput& output, const FindLineStyle& style) : output_(output), style_(style) {}

  void entry(const std::string& path, const Node* node) override {
    title();
    std::string line = output_.name(path);
    if (style_.long_format) {
      line = long_line(*node, line, output_.name(node->link_target),
                       style_.human_sizes ? SizeStyle::kHuman : SizeStyle::kBytes);
    }
    output_.write(line += '\n');
  }

  void blob(const BlobHandle& blob, const std::string& path, const Id& parent) override {
    const std::string name = output_.name(path);
    std::string lines = blob.type == BlobType::kTree ? "Found tree " : "Found blob ";
    lines += blob.id.hex();
    lines += blob.type == BlobType::kTree
                 ? fmt::format("\n ... path {}\n", name)
                 : fmt::format("\n ... in file {}\n     (tree {})\n", name, parent.hex());
    lines += fmt::format(" ... in snapshot {} ({})\n", snapshot().id.short_hex(),
                         format_local_time(snapshot().time.instant));
    output_.write(lines);
  }

  void finish() override { output_.finish(); }

 private:
  void title() {
    if (titled_ == &snapshot()) return;
    const bool first = titled_ == nullptr;
    titled_ = &snapshot();
    if (!style_.titles) return;
    output_.write(fmt::format("{}Found matching entries in snapshot {} from {}\n",
                              first ? "" : "\n", snapshot().id.short_hex(),
                              format_local_time(snapshot().time.instant)));
  }

  TextOutput& output_;
  const FindLineStyle style_;
  const Snapshot* titled_ = nullptr;
};

/// With every byte that is not valid UTF-8 replaced, as JSON has it.
std::string valid_text(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const Rune rune = decode_rune(text);
    append_utf8(out, rune.valid ? rune.code_point : kReplacementRune);
    text.remove_prefix(rune.size);
  }
  return out;
}

/// What stands in a node's object, from the type to the link's target.
std::string members_of(const Node& node) {
  constexpr std::string_view kName = R"({"name":"",)";
  Node shown = node;
  shown.name.clear();
  shown.link_target = valid_text(node.link_target);  // or it would be there twice
  std::string json;
  append_node_head(json, shown, TimeZone::local());
  return json.substr(kName.size());
}

class FindJson final : public FindOutput {
 public:
  explicit FindJson(TextOutput& output) : output_(output) {}

  void entry(const std::string& path, const Node* node) override {
    if (listed_ != &snapshot()) {
      end_list();
      listed_ = &snapshot();
      separate();
      output_.write(R"({"matches":[)");
    } else {
      output_.write(",");
    }
    ++hits_;
    JsonObject object;
    object.text("path", path).text("permissions", mode_text(node->type, node->permissions));
    object.members(members_of(*node));
    output_.write(object.finish());
  }

  void blob(const BlobHandle& blob, const std::string& path, const Id& parent) override {
    separate();
    JsonObject object;
    object.text("object_type", blob.type == BlobType::kTree ? "tree" : "blob");
    object.text("id", blob.id.hex()).text("path", path);
    if (blob.type == BlobType::kData) object.text("parent_tree", parent.hex());
    object.text("snapshot", snapshot().id.hex()).text("time", format_rfc3339(snapshot().time));
    output_.write(object.finish());
  }

  void finish() override {
    end_list();
    output_.write(any_ ? "]\n" : "[]\n");
    output_.finish();
  }

 private:
  void separate() { output_.write(std::exchange(any_, true) ? "," : "["); }

  void end_list() {
    if (listed_ == nullptr) return;
    output_.write(fmt::format(R"(],"hits":{},"snapshot":"{}"}})", std::exchange(hits_, 0),
                              listed_->id.hex()));
  }

  TextOutput& output_;
  const Snapshot* listed_ = nullptr;
  std::uint64_t hits_ = 0;
  bool any_ = false;
};

}  // namespace

std::unique_ptr<FindOutput> make_find_lines(TextOutput& output, const FindLineStyle& style) {
  return std::make_unique<FindLines>(output, style);
}

std::unique_ptr<FindOutput> make_find_json(TextOutput& output) {
  return std::make_unique<FindJson>(output);
}

}  // namespace snapfs
