// Command lines, an argument a line: any is taken or refused as a wrong one, and what is taken is
// what was written.
#include <algorithm>

#include "cli/grammar/go_value.h"
#include "cli/grammar/parser.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/fuzz_target.h"

namespace snapfs::test {
namespace {

ExitCode nothing(Signals& /*signals*/) { return ExitCode{}; }

/// What a line sets.
struct Values {
  std::string text;
  std::vector<std::string> list;
  std::vector<std::string> paths;
  bool flag = false;
  int count = 0;
  std::int64_t number = 0;
  std::uint32_t small = 0;
};

Command program_for(Values& values) {
  Command program("snapfs", "");
  program.add("Shared", {{"-r,--repo", "LOCATION", &values.text, ""},
                         {"-q,--quiet", &values.flag, ""},
                         {"-v,--verbose", Binding::count(&values.count), ""}});
  Command take("take", "");
  take.run = nothing;
  take.take_all("PATH", &values.paths, "");
  take.add("Own", {{"-e,--exclude", "PATTERN", &values.list, ""},
                   {"--latest", "N", &values.number, ""},
                   {"--mode", "N", &values.small, ""}});
  Command key("key", "");
  Command add("add", "");
  add.run = nothing;
  add.take("NAME", &values.text, "");
  key.subcommands = {add};
  program.subcommands = {take, key};
  return program;
}

void try_values(const std::string& text) {
  (void)accepted({ErrorCode::kUsage}, [&] { return parse_boolean(text); });
  const auto number = accepted({ErrorCode::kUsage}, [&] { return parse_integer(text); });
  if (number) {
    require(parse_integer(std::to_string(*number)) == *number, "a number is read again");
  }
}

}  // namespace

void fuzz_one(ByteView bytes) {
  FuzzInput input(bytes);
  std::vector<std::string> line;
  while (!input.empty()) line.emplace_back(input.line());
  Values values;
  const Command program = program_for(values);
  (void)find_command(program, line);
  (void)is_switched_on(program, line, "quiet");
  const auto parsed = accepted({ErrorCode::kUsage}, [&] { return parse_line(program, line); });
  if (!line.empty()) try_values(line.front());
  if (!parsed || parsed->help) return;
  require(values.paths.size() + values.list.size() < line.size() || line.empty(),
          "every path and pattern stands in the line, and the command besides");
  // Behind a double dash everything is a path: this one, too, if there was one before.
  if (parsed->command().name != "take") return;
  Values more;
  const Command again = program_for(more);
  line.emplace_back("--");
  line.emplace_back("--latest=x");
  (void)parse_line(again, line);
  const std::size_t added = more.paths.size() - values.paths.size();
  require((added == 1 || added == 2) && more.paths.back() == "--latest=x",
          "what stands behind the end of the options is none");
}

std::vector<std::string> fuzz_seeds() {
  return {"take\n-e\n*.o\n--exclude=x\n/path\n-vvq",
          "-r\nrepo\ntake\n--latest\n-5\n--mode=0x1f\n--\n-e",
          "key\nadd\nname\n--quiet=false",
          "take\n--verbose=3\n-q=true\n-eabc",
          "--help\ntake",
          "0b1_01\n--unknown",
          "take\n--latest=9223372036854775808"};
}

}  // namespace snapfs::test
