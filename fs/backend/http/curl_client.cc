#include "fs/backend/http/curl_client.h"

#include "fs/backend/http/curl_loop.h"
#include "fs/backend/http/curl_settings.h"
#include "fs/backend/http/curl_transfer.h"
#include "fs/base/error.h"

namespace snapfs {

struct CurlClient::Parts {
  Parts(const CurlClientOptions& options, Timer& timer)
      : timer(timer), settings(options), loop(options.kept_connections, timer) {}

  Timer& timer;
  const CurlSettings settings;
  CurlLoop loop;
};

CurlClient::CurlClient(const CurlClientOptions& options, Timer& timer)
    : parts_(std::make_unique<Parts>(options, timer)) {}

CurlClient::~CurlClient() = default;

HttpResponse CurlClient::perform(const HttpRequest& request, const StopToken& stop) {
  throw_if_stopped(stop);
  const CurlLoop::Visit visit(parts_->loop);
  CurlTransfer transfer(parts_->settings, request, parts_->timer);
  try {
    return parts_->loop.run(transfer, stop);
  } catch (const Error&) {
    if (!transfer.met_dead_connection()) throw;
  }
  // libcurl itself asks again only when it had sent nothing, or all.
  CurlTransfer again(parts_->settings, request, parts_->timer);
  again.use_new_connection();
  return parts_->loop.run(again, stop);
}

}  // namespace snapfs
