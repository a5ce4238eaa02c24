#include "fs/repo/lock_info.h"

#include <unistd.h>

#include <optional>

#include <fmt/format.h>

#include "fs/format/json_fields.h"
#include "fs/format/json_writer.h"
#include "fs/time/rfc3339.h"

namespace snapfs {

LockInfo LockInfo::of_process(LockMode mode, const ZonedTime& now) {
  const Identity identity = Identity::of_process();
  return {now,
          mode == LockMode::kExclusive,
          identity.hostname,
          identity.username,
          ::getpid(),
          identity.uid,
          identity.gid,
          ProcessOrigin::of_process(),
          {}};
}

std::string encode_lock(const LockInfo& lock) {
  std::string json = R"({"time":")";
  append_rfc3339(json, lock.time);
  json +=
      lock.exclusive ? R"(","exclusive":true,"hostname":)" : R"(","exclusive":false,"hostname":)";
  append_json_string(json, lock.hostname);
  json += R"(,"username":)";
  append_json_string(json, lock.username);
  json += fmt::format(R"(,"pid":{})", lock.pid);
  if (lock.uid != 0) json += fmt::format(R"(,"uid":{})", lock.uid);
  if (lock.gid != 0) json += fmt::format(R"(,"gid":{})", lock.gid);
  // Others pass over what they do not know.
  if (!lock.origin.boot_id.empty()) {
    json += R"(,"boot_id":)";
    append_json_string(json, lock.origin.boot_id);
  }
  if (lock.origin.pid_namespace != 0) {
    json += fmt::format(R"(,"pid_namespace":{})", lock.origin.pid_namespace);
  }
  if (!lock.origin.machine.empty()) {
    json += R"(,"machine":)";
    append_json_string(json, lock.origin.machine);
  }
  if (!lock.mountpoint.empty()) {
    json += R"(,"mountpoint":)";
    append_json_string(json, lock.mountpoint);
  }
  json += '}';
  return json;
}

LockInfo parse_lock(ByteView json) {
  const JsonFields fields(json, "a lock file");
  LockInfo lock;
  const std::optional<ZonedTime> time = parse_rfc3339(fields.text("time"));
  if (!time) fields.fail("its time is not RFC 3339");
  lock.time = *time;
  lock.exclusive = fields.flag_or("exclusive", false);
  lock.hostname = fields.text_or("hostname", "");
  lock.username = fields.text_or("username", "");
  lock.pid = static_cast<std::int64_t>(fields.number_or("pid", 0));
  lock.uid = static_cast<std::uint32_t>(fields.number_or("uid", 0));
  lock.gid = static_cast<std::uint32_t>(fields.number_or("gid", 0));
  lock.origin.boot_id = fields.text_or("boot_id", "");
  lock.origin.pid_namespace = fields.number_or("pid_namespace", 0);
  lock.origin.machine = fields.text_or("machine", "");
  lock.mountpoint = fields.text_or("mountpoint", "");
  return lock;
}

}  // namespace snapfs
