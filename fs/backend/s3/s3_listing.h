// A listing of a bucket that comes in pages, by either version of the protocol.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fs/backend/s3/s3_client.h"
#include "fs/backend/s3/s3_xml.h"

namespace snapfs {

enum class S3ListVersion : std::uint8_t { k1, k2 };

/// All objects of which the keys begin with `prefix`. `what` begins the messages. Throws
/// Error{kUnsupported} when the server says that there is more, but not how to ask for it, or the
/// same again; what S3Client::error_of makes of an answer that is no success.
std::vector<S3Object> list_objects(S3Client& client, S3ListVersion version,
                                   const std::string& prefix, std::string_view what,
                                   const StopToken& stop);

}  // namespace snapfs
