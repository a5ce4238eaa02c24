// The text of a node of which some is kept as IDs.
#pragma once

#include <string>

#include <gtest/gtest.h>

#include "fs/tree/brief_node.h"

namespace snapfs::test {

inline std::string whole(const BriefNode& node) {
  std::string text;
  node.append_to(text);
  EXPECT_EQ(text.size(), node.size());
  return text;
}

}  // namespace snapfs::test
