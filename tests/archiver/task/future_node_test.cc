// FutureNode is 16 bytes, reused nodes allocate nothing, and taking leaves nothing behind. This
// file replaces the test program's operator new to count allocations.
#include "archiver/task/future_node.h"

#include <atomic>
#include <cstdlib>
#include <new>
#include <type_traits>
#include <vector>

#include <gtest/gtest.h>

namespace {

std::atomic<long> allocations{0};
std::atomic<long> live_allocations{0};

}  // namespace

void* operator new(std::size_t size) {
  void* const memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) throw std::bad_alloc();
  allocations.fetch_add(1, std::memory_order_relaxed);
  live_allocations.fetch_add(1, std::memory_order_relaxed);
  return memory;
}

void operator delete(void* memory) noexcept {
  if (memory != nullptr) live_allocations.fetch_sub(1, std::memory_order_relaxed);
  std::free(memory);
}

void operator delete(void* memory, std::size_t) noexcept { operator delete(memory); }

namespace snapfs {
namespace {

constexpr std::size_t kNodes = 100'000;

static_assert(!std::is_copy_constructible_v<FutureNode>);
static_assert(std::is_nothrow_move_constructible_v<FutureNode>);

TEST(FutureNode, D2_IsSixteenBytes) { EXPECT_EQ(sizeof(FutureNode), 16U); }

TEST(FutureNode, D3_ReusedNodesAllocateNothing) {
  const long before = allocations;
  std::vector<FutureNode> nodes;
  nodes.reserve(kNodes);
  EXPECT_EQ(allocations - before, 1) << "the vector itself";
  for (std::size_t i = 0; i < kNodes; ++i) nodes.push_back(FutureNode::reused({i * 300, 300}));
  std::uint64_t last = 0;
  for (FutureNode& node : nodes) last = std::get<NodeSlice>(*node.take()).offset;
  EXPECT_EQ(allocations - before, 1);
  EXPECT_EQ(last, (kNodes - 1) * 300);
}

TEST(FutureNode, TheCountOfAllocationsCounts) {
  const long before = allocations;
  const auto made = FutureNode::make();
  EXPECT_EQ(allocations - before, 1) << "one state for both ends";
}

TEST(FutureNode, GivesBackTheSlice) {
  const NodeSlice slice{(1ULL << 40) + 3, 0xfffffffeU};
  FutureNode node = FutureNode::reused(slice);
  EXPECT_TRUE(node.ready());
  const auto result = node.take();
  ASSERT_TRUE(result);
  EXPECT_EQ(std::get<NodeSlice>(*result), slice);
  EXPECT_FALSE(node.take());
}

TEST(FutureNode, GivesBackWhatWasSaved) {
  auto [node, promise] = FutureNode::make();
  EXPECT_FALSE(node.ready());
  promise.set({R"({"name":"a"})"});
  EXPECT_TRUE(node.ready());
  const auto result = node.take();
  ASSERT_TRUE(result);
  EXPECT_EQ(std::get<SavedNode>(*result).json, R"({"name":"a"})");
}

TEST(FutureNode, D1_TakeLeavesNothingBehind) {
  const long before = live_allocations;
  auto [node, promise] = FutureNode::make();
  promise.set({std::string(1000, 'x')});
  EXPECT_EQ(live_allocations - before, 2) << "the state and the JSON";
  { EXPECT_TRUE(node.take()); }
  EXPECT_EQ(live_allocations - before, 0);
  EXPECT_FALSE(node.take());
}

TEST(FutureNode, ADroppedJobIsCancelled) {
  auto [node, promise] = FutureNode::make();
  promise = NodePromise();
  EXPECT_TRUE(node.ready());
  EXPECT_FALSE(node.take());
}

TEST(FutureNode, MovesBothKindsOverEachOther) {
  const long before = live_allocations;
  {
    auto [node, promise] = FutureNode::make();
    FutureNode reused = FutureNode::reused({1, 2});
    promise.set({"saved"});
    FutureNode moved = std::move(node);
    EXPECT_FALSE(node.take());  // NOLINT(bugprone-use-after-move): a moved node is a taken one
    node = std::move(reused);
    reused = std::move(moved);
    EXPECT_EQ(std::get<NodeSlice>(*node.take()), (NodeSlice{1, 2}));
    EXPECT_EQ(std::get<SavedNode>(*reused.take()).json, "saved");
    auto [other, other_promise] = FutureNode::make();
    other = FutureNode::reused({3, 4});
    other_promise.set({"nobody wants it"});
    EXPECT_EQ(std::get<NodeSlice>(*other.take()), (NodeSlice{3, 4}));
  }
  EXPECT_EQ(live_allocations - before, 0);
}

}  // namespace
}  // namespace snapfs
