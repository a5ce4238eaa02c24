#include "cli/option/remote_options.h"

#include <fcntl.h>

#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "cli/grammar/command.h"
#include "cli/option/setting.h"
#include "fs/base/error.h"
#include "fs/base/file.h"
#include "fs/time/duration.h"

namespace snapfs {
namespace {

constexpr std::uint64_t kKibibyte = 1024;

std::uint64_t bytes_of(std::int64_t kibibytes) noexcept {
  if (kibibytes <= 0) return 0;
  const auto count = static_cast<std::uint64_t>(kibibytes);
  return count > UINT64_MAX / kKibibyte ? 0 : count * kKibibyte;
}

/// The file's name from the root: a program in the background works elsewhere. Throws Error when it
/// cannot be read.
std::string readable_file(const std::string& path) {
  (void)open_file(path, O_RDONLY | O_NONBLOCK);
  return std::filesystem::absolute(path);
}

}  // namespace

HttpOptions RemoteOptions::http_options() const {
  HttpOptions http;
  std::vector<std::string> certificates = certificate_files;
  if (certificates.empty()) {
    if (const auto value = environment_setting("CACERT")) {
      for (std::string_view rest = *value; !rest.empty();) {
        const std::size_t comma = rest.find(',');
        certificates.emplace_back(rest.substr(0, comma));
        rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
      }
    }
  }
  for (const std::string& file : certificates)
    http.certificate_files.push_back(readable_file(file));
  const std::string client = setting(client_certificate_file, "TLS_CLIENT_CERT");
  if (!client.empty()) http.client_certificate_file = readable_file(client);
  http.insecure_tls = insecure_tls;
  http.user_agent = setting(user_agent, "HTTP_USER_AGENT", http.user_agent);
  http.stuck_request_timeout = std::chrono::ceil<std::chrono::milliseconds>(stuck_request_timeout);
  return http;
}

TransferRates RemoteOptions::rates() const noexcept {
  return {bytes_of(upload_kibibytes_per_second), bytes_of(download_kibibytes_per_second)};
}

std::map<std::string, std::string> RemoteOptions::extended_options() const {
  std::map<std::string, std::string> options;
  for (const std::string& text : extended) {
    const std::size_t equals = std::min(text.find('='), text.size());
    const std::string key = text.substr(0, equals);
    const std::string value = equals < text.size() ? text.substr(equals + 1) : "";
    if (key.empty()) {
      throw Error(ErrorCode::kUsage, fmt::format("--option \"{}\": write it as KEY=VALUE", text));
    }
    const auto [place, added] = options.emplace(key, value);
    if (!added && place->second != value) {
      throw Error(ErrorCode::kUsage,
                  fmt::format("--option {} is given two values: \"{}\" and \"{}\"", key,
                              place->second, value));
    }
  }
  return options;
}

std::vector<std::string> split_csv(std::string_view text) {
  std::vector<std::string> parts;
  if (text.empty()) return parts;
  parts.emplace_back();
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c != '"') {
      if (c == ',' && !quoted) {
        parts.emplace_back();
      } else {
        parts.back() += c;
      }
    } else if (quoted && i + 1 < text.size() && text[i + 1] == '"') {
      parts.back() += text[++i];
    } else if (quoted || parts.back().empty()) {
      quoted = !quoted;
    } else {
      throw Error(ErrorCode::kUsage, "a quotation mark stands within a word: double it, in quotes");
    }
  }
  if (quoted) throw Error(ErrorCode::kUsage, "a quotation mark is not closed");
  return parts;
}

void add_remote_options(Command& program, RemoteOptions& options) {
  const auto several = [](std::vector<std::string>* list) {
    return Binding::each([list](const std::string& text) {
      for (std::string& part : split_csv(text)) list->push_back(std::move(part));
    });
  };
  const Binding::Setter timeout = [&options](const std::string& text) {
    options.stuck_request_timeout = parse_duration(text);
  };
  const auto add = [&program](Option option) {
    program.add("Storage elsewhere", std::move(option).seldom());
  };
  add({"-o,--option", "KEY=VALUE", several(&options.extended),
       "Set what \"snapfs options\" lists (may be repeated)"});
  add({"--limit-upload", "RATE", &options.upload_kibibytes_per_second,
       "Send no more than RATE KiB a second"});
  add({"--limit-download", "RATE", &options.download_kibibytes_per_second,
       "Fetch no more than RATE KiB a second"});
  add(Option("--stuck-request-timeout", "DURATION", timeout,
             "Try again what got no answer for DURATION")
          .otherwise("5m"));
  add(Option("--cacert", "FILE", several(&options.certificate_files),
             "Trust the certificates in FILE (or SNAPFS_CACERT)")
          .variable("CACERT")
          .otherwise("those of the system"));
  add(Option("--tls-client-cert", "FILE", &options.client_certificate_file,
             "Show the certificate in FILE, with its key (or SNAPFS_TLS_CLIENT_CERT)")
          .variable("TLS_CLIENT_CERT"));
  add({"--insecure-tls", &options.insecure_tls, "Do not check the certificate of the storage"});
  add(Option("--http-user-agent", "NAME", &options.user_agent,
             "Say that the program is NAME (or SNAPFS_HTTP_USER_AGENT)")
          .variable("HTTP_USER_AGENT")
          .otherwise(HttpOptions().user_agent));
}

}  // namespace snapfs
