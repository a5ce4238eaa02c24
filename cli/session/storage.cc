#include "cli/session/storage.h"

#include <string_view>
#include <utility>

#include "cli/option/global_options.h"
#include "cli/option/setting.h"
#include "cli/output/output.h"
#include "fs/backend/open/open.h"

namespace snapfs {

namespace {

/// Of the variables of one prefix, so that the one's user never goes with the other's password.
RestCredentials rest_credentials() {
  for (const std::string_view prefix : kVariablePrefixes) {
    const auto user = environment_setting(prefix, "REST_USERNAME");
    const auto password = environment_setting(prefix, "REST_PASSWORD");
    if (user || password) return {user.value_or(""), password.value_or("")};
  }
  return {};
}

}  // namespace

BackendStack open_storage(const GlobalOptions& options, const RepositoryLocation& location,
                          Writing writing, StopToken last_call,
                          std::function<void()> permit_again) {
  StorageOptions storage;
  storage.last_call = std::move(last_call);
  storage.permit_again = std::move(permit_again);
  storage.pretend = writing == Writing::kPretended;
  storage.on_retry = [json = options.json](const RetryNotice& notice) {
    print_warning(json, "", to_text(notice));
  };
  storage.extended = options.remote.extended_options();
  storage.http = options.remote.http_options();
  storage.variables = [](std::string_view name) { return environment_setting("", name); };
  storage.rates = options.remote.rates();
  storage.rest = rest_credentials();
  storage.on_line = [json = options.json](const std::string& line) {
    print_warning(json, "", "rclone: " + line);
  };
  return open_storage(location, storage);
}

}  // namespace snapfs
