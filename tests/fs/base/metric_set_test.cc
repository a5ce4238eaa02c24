#include "fs/base/metric_set.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fails_with.h"

namespace snapfs {
namespace {

constexpr MetricFamily kTime{"a_seconds", "gauge", "How long."};
constexpr MetricFamily kCount{"b_total", "counter", "How many \\ of them."};

TEST(MetricSet, WritesTheExpositionFormat) {
  MetricSet set;
  set.set(kCount, {}, std::uint64_t{18446744073709551615U});
  set.set(kTime, {{"x", "say \"hi\"\n\\"}, {"a", ""}}, 1.5);
  EXPECT_EQ(set.text(),
            "# HELP a_seconds How long.\n# TYPE a_seconds gauge\n"
            "a_seconds{a=\"\",x=\"say \\\"hi\\\"\\n\\\\\"} 1.5\n"
            "# HELP b_total How many \\\\ of them.\n# TYPE b_total counter\n"
            "b_total 18446744073709551615\n");
}

TEST(MetricSet, ReadsWhatItWrote) {
  MetricSet set;
  set.set(kCount, {}, std::uint64_t{7});
  set.set(kTime, {{"x", "say \"hi\", {you}\n\\"}, {"a", ""}}, 1.7e9 + 0.25);
  set.set(kTime, {{"x", "2"}}, 0.0);
  EXPECT_EQ(MetricSet::parse(set.text()).text(), set.text());
}

TEST(MetricSet, NewerOnesTakeThePlaceOfThoseTheyAreAbout) {
  MetricSet old;
  old.set(kTime, {{"run", "mine"}, {"part", "gone"}}, 1.0);
  old.set(kTime, {{"run", "other"}}, 2.0);
  old.set(kCount, {{"run", "mine"}}, std::uint64_t{3});
  MetricSet fresh;
  fresh.set(kTime, {{"run", "mine"}}, 4.0);
  old.update(fresh, [](const MetricLabels& labels) { return labels.at("run") == "mine"; });
  EXPECT_EQ(
      old.text(),
      "# HELP a_seconds How long.\n# TYPE a_seconds gauge\n"
      "a_seconds{run=\"mine\"} 4\na_seconds{run=\"other\"} 2\n"
      "# HELP b_total How many \\\\ of them.\n# TYPE b_total counter\nb_total{run=\"mine\"} 3\n");
}

TEST(MetricSet, RefusesWhatItDidNotWrite) {
  const std::string head = "# HELP a A.\n# TYPE a gauge\n";
  EXPECT_EQ(MetricSet::parse(head + "a 1\n").text(), head + "a 1\n");
  for (const char* const line :
       {"root:x:0:0:root:/root:/bin/bash\n", "a 1", "b 1\n", "a one\n", "a{x=\"1} 2\n",
        "a{x=1} 2\n", "a{x=\"1\"}2\n", "a  1\n", "\n", "a 1 \n", "# TYPE\n"}) {
    EXPECT_TRUE(test::fails_with(ErrorCode::kUnsupported, "line 3", [&] {
      (void)MetricSet::parse(head + line);
    })) << line;
  }
}

}  // namespace
}  // namespace snapfs
