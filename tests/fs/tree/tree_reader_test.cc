// Trees built and read back: the frame, the leniencies, and everything that is refused (FORMAT §9,
// §10.1, §10.8).
#include "fs/tree/tree_reader.h"

#include <random>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "fs/base/error.h"
#include "fs/crypto/sha256.h"
#include "fs/tree/node_json.h"
#include "fs/tree/tree_builder.h"
#include "tests/support/fails_with.h"

namespace snapfs {
namespace {

using namespace std::string_literals;

const std::string kTimes =
    R"("mtime":"2026-01-01T00:00:00Z","atime":"2026-01-01T00:00:00Z","ctime":"2026-01-01T00:00:00Z")";

std::vector<Node> parse(std::string_view blob) {
  std::vector<Node> nodes;
  parse_tree(as_bytes(blob), [&](Node&& node) { nodes.push_back(std::move(node)); });
  return nodes;
}

/// A tree of the nodes' JSON texts.
std::string tree_of(const std::vector<std::string>& nodes) {
  TreeBuilder builder;
  for (const std::string& node : nodes) builder.add(node);
  return builder.finish();
}

/// An empty file; `name` is JSON text without its quotes.
std::string file_named(const std::string& name) {
  return R"({"name":")" + name + R"(","type":"file",)" + kTimes + R"(,"content":[]})";
}

/// The message of the Error{kDamaged} that reading the tree throws.
std::string damage_in(const std::string& blob) {
  try {
    parse(blob);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kDamaged) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "no error for " << blob;
  return {};
}

TEST(TreeBuilder, MakesTheEmptyTree) {
  const std::string blob = TreeBuilder().finish();
  EXPECT_EQ(blob, "{\"nodes\":[]}\n");
  EXPECT_EQ(sha256(as_bytes(blob)).hex(),
            "ac08ce34ba4f8123618661bef2425f7028ffb9ac740578a3ee88684d2523fee8");
}

TEST(TreeBuilder, JoinsNodesAndStartsAfresh) {
  TreeBuilder builder;
  builder.add("{1}");
  builder.add("{2}");
  EXPECT_EQ(builder.finish(), "{\"nodes\":[{1},{2}]}\n");
  builder.add("{3}");
  EXPECT_EQ(builder.finish(), "{\"nodes\":[{3}]}\n");
  EXPECT_EQ(builder.finish(), "{\"nodes\":[]}\n");
}

/// Nodes with every field that their type may have, and awkward bytes in every text.
class RandomNodes {
 public:
  Node make(int number) {
    Node node;
    node.type = static_cast<NodeType>(random_() % 8);
    // The number in front keeps names in order.
    node.name = std::to_string(1000 + number) + text(random_() % 20);
    node.permissions = random_() % 010000;
    for (Timestamp* time : {&node.mtime, &node.atime, &node.ctime}) *time = instant();
    node.uid = static_cast<std::uint32_t>(random_());
    node.gid = static_cast<std::uint32_t>(random_());
    if (maybe()) node.user = "us\u00e9r<>";
    if (maybe()) node.group = "group";
    node.inode = random_();
    node.device_id = random_();
    if (maybe()) node.extended_attributes = {{"user.z", bytes()}, {"user.a&", bytes()}};
    fill_by_type(node);
    return node;
  }

 private:
  bool maybe() { return random_() % 2 == 0; }

  Timestamp instant() {
    return {static_cast<std::int64_t>(random_() % 300000000000) - 60000000000,
            static_cast<std::int32_t>(random_() % 1000000000)};
  }

  std::string text(std::size_t length) {
    std::string out;
    while (out.size() < length) {
      const char c = static_cast<char>(random_());
      out += c == '\0' || c == '/' ? 'x' : c;
    }
    return out;
  }

  Bytes bytes() {
    Bytes out;
    append(out, text(random_() % 9));
    return out;
  }

  Id id() {
    Id out;
    for (std::uint8_t& byte : out.bytes) byte = static_cast<std::uint8_t>(random_());
    return out;
  }

  void fill_by_type(Node& node) {
    if (node.type == NodeType::kFile) {
      node.size = random_();
      for (auto blobs = random_() % 4; blobs > 0; --blobs) node.content.push_back(id());
    }
    if (node.type == NodeType::kDirectory) node.subtree = id();
    if (node.type == NodeType::kSymlink) node.link_target = text(random_() % 30);
    if (node.type == NodeType::kBlockDevice || node.type == NodeType::kCharDevice) {
      node.device = random_();
    }
    if (node.type != NodeType::kDirectory) node.links = random_() % 5;
  }

  std::mt19937_64 random_{20260101};
};

TEST(Tree, ReadsBackWhatWasWritten) {
  RandomNodes random;
  std::vector<Node> nodes;
  TreeBuilder builder;
  for (int i = 0; i < 500; ++i) {
    nodes.push_back(random.make(i));
    std::string json;
    append_node_json(json, nodes.back(), TimeZone());
    builder.add(json);
  }
  const std::string blob = builder.finish();
  const std::vector<Node> read = parse(blob);
  ASSERT_EQ(read.size(), nodes.size());
  for (std::size_t i = 0; i < nodes.size(); ++i) EXPECT_EQ(read[i], nodes[i]) << i;
}

TEST(TreeReader, TakesFieldsInAnyOrderAndPassesOverUnknownOnes) {
  const std::string blob =
      R"( {"version":{"x":[1,{"y":null}]},"nodes":[ {"content":[],"new":[[]],"gid":7,"type":"file",)"
      R"("generic_attributes":{"windows.creation_time":"x"},"error":"e",)" +
      kTimes + R"(,"name":"a","uid":8} ],"after":1e9} )" + "\n\n";
  const std::vector<Node> nodes = parse(blob);
  ASSERT_EQ(nodes.size(), 1U);
  EXPECT_EQ(nodes[0].name, "a");
  EXPECT_EQ(nodes[0].uid, 8U);
  EXPECT_EQ(nodes[0].gid, 7U);
}

TEST(TreeReader, LetsTheLastOfSeveralKeysCount) {
  const std::string blob = R"({"nodes":[{"name":"x","name":"b","type":"dir",)"
                           R"("type":"file","uid":1,"uid":2,"content":null,"content":[]}]})";
  const std::vector<Node> nodes = parse(blob);
  ASSERT_EQ(nodes.size(), 1U);
  EXPECT_EQ(nodes[0].name, "b");
  EXPECT_EQ(nodes[0].type, NodeType::kFile);
  EXPECT_EQ(nodes[0].uid, 2U);
}

TEST(TreeReader, TakesNullForNothing) {
  EXPECT_TRUE(parse(R"({"nodes":null})").empty());
  const std::vector<Node> nodes = parse(
      R"({"nodes":[{"name":"a","type":"fifo","mode":null,"mtime":null,"uid":null,"user":null,)"
      R"("linktarget":null,"extended_attributes":null,"subtree":null,"content":null},)"
      R"({"name":"b","type":"file","extended_attributes":[{"name":"user.a","value":null}],)"
      R"("content":[]}]})");
  ASSERT_EQ(nodes.size(), 2U);
  EXPECT_EQ(nodes[0].mtime, Timestamp());
  ASSERT_EQ(nodes[1].extended_attributes.size(), 1U);
  EXPECT_TRUE(nodes[1].extended_attributes[0].value.empty());
}

TEST(TreeReader, ReplacesTextThatIsNotUtf8) {
  const std::vector<Node> nodes =
      parse(tree_of({R"({"name":"a","type":"file","user":"x)"s + "\xff\xc3" +
                     R"(y","group":"\ud800z\udc00\ud83d\ude00\\ud800","content":[]})"}));
  ASSERT_EQ(nodes.size(), 1U);
  EXPECT_EQ(nodes[0].user, "x\ufffd\ufffdy");
  EXPECT_EQ(nodes[0].group, "\ufffdz\ufffd\U0001f600\\ud800");
}

TEST(TreeReader, PrefersTheRawLinkTarget) {
  for (const std::string fields : {R"("linktarget":"bad\ufffd","linktarget_raw":"YmFk/w==")",
                                   R"("linktarget_raw":"YmFk/w==","linktarget":"bad\ufffd")"}) {
    const std::vector<Node> nodes =
        parse(tree_of({R"({"name":"l","type":"symlink",)" + fields + R"(,"content":null})"}));
    ASSERT_EQ(nodes.size(), 1U);
    EXPECT_EQ(nodes[0].link_target, "bad\xff");
  }
}

TEST(TreeReader, KeepsAllDigits) {
  const std::vector<Node> nodes = parse(
      tree_of({R"({"name":"a","type":"file","inode":18446744073709551615,"size":9007199254740993,)"
               R"("uid":4294967295,"content":[]})"}));
  ASSERT_EQ(nodes.size(), 1U);
  EXPECT_EQ(nodes[0].inode, 18446744073709551615U);
  EXPECT_EQ(nodes[0].size, 9007199254740993U);
  EXPECT_EQ(nodes[0].uid, 4294967295U);
}

TEST(TreeReader, CallsUnknownTypesIrregular) {
  const std::vector<Node> nodes = parse(tree_of({R"({"name":"a","type":"door","content":null})"}));
  ASSERT_EQ(nodes.size(), 1U);
  EXPECT_EQ(nodes[0].type, NodeType::kIrregular);
}

TEST(TreeReader, RefusesHostileNames) {
  for (const std::string& name : {""s, ".."s, "a/b"s, "/etc"s, "../x"s, "a\\u0000b"s, "a\\\\x00b"s,
                                  "a\\\\x2fb"s, "\\\\056."s, "\\u002e."s, "a\\u002fb"s}) {
    EXPECT_NE(damage_in(tree_of({file_named(name)})), "") << name;
  }
  EXPECT_EQ(parse(tree_of({file_named("..."), file_named("..a"), file_named(".a")})).size(), 3U);
}

TEST(TreeReader, SaysSoOfVeryOldRepositories) {
  for (const std::string name : {".", "/", "\\\\x2e"}) {
    EXPECT_TRUE(test::fails_with(ErrorCode::kUnsupported, "very old",
                                 [&] { parse(tree_of({file_named(name)})); }));
  }
}

TEST(TreeReader, RefusesNamesThatAreNotQuotedValidly) {
  for (const std::string name : {"a\\\"b", "a\\nb", "a\\\\q", "a\\\\", "\\\\x1", "\\\\ud800"}) {
    EXPECT_NE(damage_in(tree_of({file_named(name)})), "") << name;
  }
}

TEST(TreeReader, RefusesNamesOutOfOrderOrTwice) {
  const auto order = [](const std::string& first, const std::string& second) {
    return tree_of({file_named(first), file_named(second)});
  };
  EXPECT_NE(damage_in(order("b", "a")), "");
  EXPECT_NE(damage_in(order("a", "a")), "");
  EXPECT_NE(damage_in(order("ab", "a")), "");
  EXPECT_NE(damage_in(order("a", "\\\\x61")), "");
  EXPECT_NE(damage_in(order("\\\\xff", "z")), "");  // bytes are compared as unsigned
  EXPECT_EQ(parse(order("z", "\\\\xff")).size(), 2U);
  EXPECT_EQ(parse(order("a", "ab")).size(), 2U);
  // The raw names count, not the quoted ones: a newline comes before a space.
  EXPECT_EQ(parse(order("\\\\n", " ")).size(), 2U);
  EXPECT_NE(damage_in(order(" ", "\\\\n")), "");
}

/// So many files that their tree is read node by node; `last` is the last one's name.
std::string large_tree(const std::string& last) {
  constexpr int kFiles = 150'000;
  std::vector<std::string> files;
  for (int i = 0; i < kFiles; ++i) files.push_back(file_named(fmt::format("file {:06}", i)));
  files.push_back(file_named(last));
  return tree_of(files);
}

TEST(TreeReader, ReadsLargeTreesNodeByNode) {
  const std::string blob = large_tree("zo\\\\xff \u2028");
  ASSERT_GT(blob.size(), std::size_t{16} << 20);
  const std::vector<Node> expected = parse(blob);
  std::vector<Node> nodes;
  parse_tree(copy_of(as_bytes(blob)), [&](Node&& node) { nodes.push_back(std::move(node)); });
  EXPECT_EQ(nodes, expected);
}

TEST(TreeReader, RefusesInLargeTreesWhatItRefusesInSmallOnes) {
  for (const std::string& blob :
       {large_tree("file 149999"), large_tree("a"), large_tree("a/b"),
        large_tree("z").substr(0, std::size_t{17} << 20),
        large_tree("z").replace(17 << 20, 20, 20, 'x'), large_tree("z") + "x",
        large_tree("z") + large_tree("z"), large_tree("z") + "\n}",
        large_tree("z") + std::string(1, '\0'), "\xef\xbb\xbf" + large_tree("z")}) {
    EXPECT_THROW(parse_tree(copy_of(as_bytes(blob)), [](Node&&) {}), Error);
  }
}

/// A node whose list of contents, which `last` ends, takes more than a MiB of text.
std::string with_long_content(std::string_view beginning, std::string_view last = "") {
  std::string json = fmt::format("{{{},\"content\":[", beginning);
  for (int i = 0; i < 20'000; ++i) {
    json += fmt::format("{}\"{:064x}\"", i == 0 ? "" : ",", i);
  }
  return fmt::format("{}{}]}}", json, last);
}

TEST(TreeReader, TakesALongListOfContentsFromTheText) {
  const std::string ending = R"(,"ab")";
  for (const std::string& beginning :
       {R"("name":"a","type":"file","size":7)"s, R"("content":[],"type":"file","name":"a")"s,
        R"("name":"a","type":"file","x":",\"content\":[")"s}) {
    // The parser itself reads the one; a short tree is always given to it.
    const std::vector<Node> expected = parse(tree_of({with_long_content(beginning)}));
    const Node node = parse_node(with_long_content(beginning));
    EXPECT_EQ(node, expected.front()) << beginning;
    EXPECT_EQ(node.content.size(), 20'000U);
    EXPECT_THROW(parse_node(with_long_content(beginning, ending)), Error) << beginning;
  }
  const std::string link = R"("name":"a","type":"symlink","linktarget":"b")";
  EXPECT_TRUE(parse_node(with_long_content(link)).content.empty());
}

TEST(TreeReader, RefusesWhatWouldTakeTooMuchMemory) {
  const std::string node = fmt::format(R"({{"name":"a","type":"file","content":[],"x":"{}"}})",
                                       std::string(std::size_t{33} << 20, 'x'));
  EXPECT_TRUE(test::fails_with(ErrorCode::kUnsupported, "a node: one of its nodes is 33 MiB",
                               [&] { parse_node(node, "a node"); }));
}

TEST(TreeReader, RefusesNodesThatLackSomething) {
  for (const std::string node :
       {R"({"type":"file","content":[]})", R"({"name":"a","content":[]})",
        R"({"name":"a","type":"file","content":null})", R"({"name":"a","type":"file"})",
        R"({"name":"a","type":"dir","content":null})",
        R"({"name":null,"type":"file","content":[]})",
        R"({"name":"a","type":"dir","content":null,"subtree":null})",
        R"({"name":"a","type":"file","content":[],"content":null})"}) {
    EXPECT_NE(damage_in(tree_of({node})), "") << node;
  }
}

TEST(TreeReader, RefusesValuesOfTheWrongKind) {
  for (const std::string field : {R"("name":1)",
                                  R"("type":[])",
                                  R"("mode":"x")",
                                  R"("mode":4294967296)",
                                  R"("mode":-1)",
                                  R"("uid":4294967296)",
                                  R"("uid":1.5)",
                                  R"("gid":-1)",
                                  R"("inode":18446744073709551616)",
                                  R"("size":1e3)",
                                  R"("mtime":"yesterday")",
                                  R"("atime":5)",
                                  R"("ctime":"2026-02-30T00:00:00Z")",
                                  R"("user":{})",
                                  R"("content":{})",
                                  R"("content":["ab"])",
                                  R"("content":[null])",
                                  R"("subtree":"zz")",
                                  R"("linktarget_raw":"*")",
                                  R"("extended_attributes":{})",
                                  R"("extended_attributes":[1])",
                                  R"("extended_attributes":[{"name":1}])",
                                  R"("extended_attributes":[{"name":"a","value":"?"}])"}) {
    const std::string node = R"({"name":"a","type":"file","content":[],)" + field + "}";
    EXPECT_NE(damage_in(tree_of({node})), "") << node;
  }
}

TEST(TreeReader, RefusesWhatIsNotATree) {
  const std::string deep =
      R"({"x":)" + std::string(100000, '[') + std::string(100000, ']') + R"(,"nodes":[]})";
  for (const std::string& blob :
       {""s, "x"s, "{}"s, "[]"s, "null"s, R"({"nodes":{}})"s, R"({"nodes":[1]})"s,
        R"({"nodes":[]}})"s, R"({"nodes":[])"s, R"({"nodes":[],})"s,
        R"({"nodes":[]} {"nodes":[]})"s, "{\"nodes\":[\xff]}"s, deep}) {
    EXPECT_NE(damage_in(blob), "");
  }
}

TEST(TreeReader, NamesWhatItReads) {
  try {
    parse_tree(
        as_bytes("{}"), [](Node&&) {}, "tree 12345678");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.what(), "tree 12345678 is damaged: it has no list of nodes"s);
    EXPECT_EQ(error.subject(), "tree 12345678");
  }
}

TEST(TreeReader, LetsTheVisitorEndIt) {
  int visits = 0;
  const std::string blob = tree_of({file_named("a"), file_named("b")});
  const auto visit = [&](Node&&) {
    ++visits;
    throw cancelled_error();
  };
  EXPECT_THROW(parse_tree(as_bytes(blob), visit), Error);
  EXPECT_EQ(visits, 1);
}

TEST(ParseTree, EndsInTheMiddleWhenItIsToldTo) {
  std::string ids;
  for (int i = 0; i < 10'000; ++i) {
    ids += (i > 0 ? ",\"" : "\"") + std::string(64, 'a') + "\"";
  }
  const std::string blob = R"({"nodes":[{"name":"a","type":"file","content":[]},)"
                           R"({"name":"b","type":"file","content":[)" +
                           ids + "]}]}";
  StopSource stop;
  std::size_t nodes = 0;
  const auto visit = [&](Node&&) {
    ++nodes;
    stop.request_stop();
  };
  EXPECT_TRUE(test::fails_with(
      ErrorCode::kCancelled, [&] { parse_tree(as_bytes(blob), visit, "tree", stop.get_token()); }));
  EXPECT_EQ(nodes, 1U);
}

}  // namespace
}  // namespace snapfs
