#include "tests/sim/fault_commands.h"

namespace snapfs::sim {

const std::vector<std::string>& fault_commands() {
  static const std::vector<std::string> commands = {
      "snapshot",
      "forget --keep-last 1 --prune",
      "prune --max-unused 0",
      "check --read-data",
      "dump {snapshot} /data/f1",
      "mount",
      "ls {snapshot}",
      "find f1",
      "stats",
      "snapshots",
      "tag --add x",
      "rewrite --exclude /data/f1 --forget",
      "repair index",
      "repair snapshots --forget",
      "repair packs {pack}",
      "recover",
      "unlock",
      "list locks",
      "log /data/f1",
      "diff {earlier} {snapshot}",
      "cat snapshot {snapshot}",
      "restore {snapshot} --target {directory}/restored",
      "drill {snapshot} --seed 1 --target {directory}/drilled",
      "copy -r /second --from-repo /repository --from-insecure-no-password",
      "migrate upgrade_repo_v2 -r /second",
      "init -r /new",
      "key list",
      "key add --new-insecure-no-password",
      "key remove {key}",
      "key passwd --new-insecure-no-password",
      "cache --no-cache=false --cache-dir {directory}/cache",
  };
  return commands;
}

std::vector<std::string> fill_in(const std::string& line,
                                 const std::map<std::string, std::string>& values) {
  std::vector<std::string> words(1);
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == ' ') {
      words.emplace_back();
    } else if (line[i] == '{') {
      const std::size_t end = line.find('}', i);
      words.back() += values.at(line.substr(i + 1, end - i - 1));
      i = end;
    } else {
      words.back() += line[i];
    }
  }
  return words;
}

const std::vector<UntriedCommand>& untried_commands() {
  static const std::vector<UntriedCommand> commands = {
      {"run", "is snapshot and forget, as a profile says, which is a file of the system's"},
      {"profile init", "asks no storage: it is about files of the system's"},
      {"profile list", "the same"},
      {"profile show", "the same"},
      {"profile check", "the same"},
      {"profile enable", "the same"},
      {"profile disable", "the same"},
      {"umount", "asks the kernel, which the world has none of"},
      {"generate", "asks no storage: it shows what the program knows"},
      {"options", "the same"},
      {"features", "the same"},
      {"help", "the same"},
      {"version", "the same"},
      {"complete-line", "is for shells, who show nothing when it fails, and tries list and ls"},
      {"rebuild-index", "is repair index by another name"},
  };
  return commands;
}

}  // namespace snapfs::sim
