#include "cli/output/ls_output.h"

#include <sys/stat.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/output/json_object.h"
#include "cli/output/node_text.h"
#include "cli/output/snapshot_title.h"
#include "fs/base/path_buffer.h"
#include "fs/base/saturating.h"
#include "fs/time/rfc3339.h"
#include "fs/time/timezone.h"
#include "fs/tree/node_json.h"

namespace snapfs {
namespace {

std::string time_text(Timestamp time) { return format_rfc3339(TimeZone::local().at(time)); }

class LineOutput final : public LsOutput {
 public:
  LineOutput(TextOutput& output, const LineStyle& style) : output_(output), style_(style) {}

  void begin(const Snapshot& snapshot, const std::vector<std::string>& directories) override {
    if (!style_.title) return;
    output_.write(fmt::format("{} filtered by [{}]:\n", title_of(snapshot),
                              output_.name(fmt::format("{}", fmt::join(directories, " ")))));
  }

  void node(const std::string& path, const Node& node) override {
    std::string line = output_.name(path);
    if (style_.long_format) {
      line = long_line(node, line, output_.name(node.link_target),
                       style_.human_sizes ? SizeStyle::kHuman : SizeStyle::kBytes);
    }
    output_.write(line += '\n');
  }

  void finish() override { output_.finish(); }

 private:
  TextOutput& output_;
  const LineStyle style_;
};

class JsonOutput final : public LsOutput {
 public:
  explicit JsonOutput(TextOutput& output) : output_(output) {}

  void begin(const Snapshot& snapshot, const std::vector<std::string>&) override {
    std::string fields;
    append_snapshot_fields(fields, snapshot);
    JsonObject object;
    object.members(fields).text("id", snapshot.id.hex()).text("short_id", snapshot.id.short_hex());
    object.text("message_type", "snapshot").text("struct_type", "snapshot");
    output_.write(object.finish() + "\n");
  }

  void node(const std::string& path, const Node& node) override {
    JsonObject object;
    object.text("name", node.name).text("type", type_name(node.type)).text("path", path);
    object.number("uid", node.uid).number("gid", node.gid);
    if (node.type == NodeType::kFile) object.number("size", node.size);
    const std::uint32_t mode = go_mode(node.type, node.permissions);
    if (mode != 0) object.number("mode", mode);
    object.text("permissions", mode_text(node.type, node.permissions));
    object.text("mtime", time_text(node.mtime)).text("atime", time_text(node.atime));
    object.text("ctime", time_text(node.ctime));
    if (node.inode != 0) object.number("inode", node.inode);
    object.text("message_type", "node").text("struct_type", "node");
    output_.write(object.finish() + "\n");
  }

  void finish() override { output_.finish(); }

 private:
  TextOutput& output_;
};

/// https://dev.yorhel.nl/ncdu/jsonfmt
class NcduOutput final : public LsOutput {
 public:
  explicit NcduOutput(TextOutput& output) : output_(output) {}

  void begin(const Snapshot& snapshot, const std::vector<std::string>&) override {
    output_.write(fmt::format("[1, 2, {}, [{{\"name\":\"/\"}}", encode_snapshot(snapshot)));
  }

  void node(const std::string&, const Node& node) override {
    if (node.type != NodeType::kDirectory) {
      output_.write(fmt::format(",\n{}{}", indent(), object_of(node)));
      return;
    }
    output_.write(fmt::format(",\n{}[\n{}  {}", indent(), indent(), object_of(node)));
    ++depth_;
  }

  void passed(const std::string& path, const Node& directory) override { node(path, directory); }

  void leave() override {
    --depth_;
    output_.write(fmt::format("\n{}]", indent()));
  }

  void finish() override {
    output_.write("\n]\n]\n");
    output_.finish();
  }

 private:
  std::string indent() const { return std::string(2 * depth_, ' '); }

  static std::string object_of(const Node& node) {
    constexpr std::uint64_t kBlockBytes = 512;
    const std::uint64_t last = node.size % kBlockBytes;
    const std::uint64_t on_disk =
        last == 0 ? node.size : saturating_sum(node.size, kBlockBytes - last);
    const bool special = node.type != NodeType::kFile && node.type != NodeType::kDirectory;
    JsonObject object;
    object.text("name", node.name).number("asize", node.size).number("dsize", on_disk);
    object.number("dev", node.device_id).number("ino", node.inode).number("nlink", node.links);
    object.raw("notreg", special ? "true" : "false");
    object.number("uid", node.uid).number("gid", node.gid).number("mode", node.permissions);
    object.number("mtime",
                  static_cast<std::uint64_t>(std::max<std::int64_t>(0, node.mtime.seconds)));
    return object.finish();
  }

  TextOutput& output_;
  std::size_t depth_ = 1;
};

/// ".txt" of "a.b.txt", nothing without a dot.
std::string_view extension_of(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  return dot == std::string_view::npos ? std::string_view() : name.substr(dot);
}

class SortedOutput final : public LsOutput {
 public:
  SortedOutput(std::unique_ptr<LsOutput> output, LsOrder order, bool reverse)
      : output_(std::move(output)), order_(order), reverse_(reverse) {}

  void begin(const Snapshot& snapshot, const std::vector<std::string>& directories) override {
    output_->begin(snapshot, directories);
  }

  void node(const std::string& /*path*/, const Node& node) override {
    Item& item = items_.emplace_back(Item{directories_.back().below(node.name), node});
    item.node.content = {};  // of no use to any output that can be sorted
    item.node.extended_attributes = {};
    if (node.type == NodeType::kDirectory) directories_.push_back(item.path);
  }

  void passed(const std::string& /*path*/, const Node& node) override {
    directories_.push_back(directories_.back().below(node.name));
  }

  void leave() override {
    if (directories_.size() > 1) directories_.pop_back();
  }

  void finish() override {
    sort();
    for (const Item& item : items_) output_->node(item.path.text(), item.node);
    output_->finish();
  }

 private:
  struct Item {
    PathChain path;  ///< as text, all of them might not fit into memory
    Node node;
  };

  template <class Key>
  void sort_by(const Key& key) {
    std::ranges::sort(items_, [&](const Item& a, const Item& b) {
      const auto left = key(a);
      const auto right = key(b);
      return left != right ? left < right : a.path.is_before(b.path);
    });
  }

  void sort() {
    switch (order_) {
      case LsOrder::kName:
        break;
      case LsOrder::kSize:
        sort_by([](const Item& item) { return item.node.size; });
        break;
      case LsOrder::kModified:
        sort_by([](const Item& item) { return item.node.mtime; });
        break;
      case LsOrder::kAccessed:
        sort_by([](const Item& item) { return item.node.atime; });
        break;
      case LsOrder::kChanged:
        sort_by([](const Item& item) { return item.node.ctime; });
        break;
      case LsOrder::kExtension:
        sort_by([](const Item& item) { return extension_of(item.node.name); });
        break;
    }
    if (reverse_) std::ranges::reverse(items_);
  }

  std::unique_ptr<LsOutput> output_;
  const LsOrder order_;
  const bool reverse_;
  std::vector<PathChain> directories_ = std::vector<PathChain>(1);  ///< down to where the walk is
  std::vector<Item> items_;
};

}  // namespace

std::unique_ptr<LsOutput> make_line_output(TextOutput& output, const LineStyle& style) {
  return std::make_unique<LineOutput>(output, style);
}

std::unique_ptr<LsOutput> make_json_output(TextOutput& output) {
  return std::make_unique<JsonOutput>(output);
}

std::unique_ptr<LsOutput> make_ncdu_output(TextOutput& output) {
  return std::make_unique<NcduOutput>(output);
}

std::unique_ptr<LsOutput> make_sorted_output(std::unique_ptr<LsOutput> output, LsOrder order,
                                             bool reverse) {
  return std::make_unique<SortedOutput>(std::move(output), order, reverse);
}

}  // namespace snapfs
