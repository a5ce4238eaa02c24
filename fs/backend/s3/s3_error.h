// What the error codes of object stores mean to this program.
#pragma once

#include <string_view>

#include "fs/backend/http/http_client.h"
#include "fs/backend/s3/s3_xml.h"
#include "fs/base/error.h"
#include "fs/time/timestamp.h"

namespace snapfs {

/// The Error for an answer that is no success. `what` begins the message ("cannot load pack
/// 1a2b3c4d from s3:…"), `now` is this machine's time. By the server's code, where it gives one
/// (Amazon S3 API Reference, "Error Responses"; codes of Ceph, MinIO and others are among them):
///   who asks is not known, or the clocks differ   kWrongCredentials
///   access denied, a bucket of somebody else      kPermission
///   slow down, internal error, a body that was
///   changed on its way                            kUnavailable
///   a quota is exceeded, storage is full          kNoSpace
///   NoSuchKey                                     kNotFound
///   NoSuchBucket                                  kNoRepository: nothing is known of any file
///   what was archived, or is not implemented      kUnsupported
///   what the user chose is refused                kUsage
/// All others are taken by their status (http_error), but for 404: that a file is gone is only
/// believed when the server says so.
Error s3_error(const HttpResponse& response, const S3Failure& failure, std::string_view what,
               Timestamp now, std::string_view subject = {});

}  // namespace snapfs
