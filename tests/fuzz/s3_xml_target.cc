// The XML that object stores and the security token service answer with.
#include "fs/backend/s3/s3_error.h"
#include "fs/backend/s3/s3_xml.h"
#include "fs/base/one_line.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/fuzz_target.h"

namespace snapfs::test {
namespace {

bool is_one_line(std::string_view text) {
  return text.find_first_of(std::string_view("\n\r\x1b\x07\0", 5)) == std::string_view::npos;
}

void try_page(ByteView body) {
  const auto page =
      accepted({ErrorCode::kUnsupported}, [&] { return parse_s3_page(body, "cannot list"); });
  if (!page) return;
  require(page->objects.size() <= body.size() / 10, "each object stands in the text");
}

void try_failure(FuzzInput input) {
  HttpResponse response;
  response.status = 300 + input.byte();
  response.body = copy_of(input.rest());
  const S3Failure failure = parse_s3_failure(response.body);
  const Error error = s3_error(response, failure, "cannot load", {1'700'000'000, 0}, "subject");
  require(error.code() != ErrorCode::kInternal && error.code() != ErrorCode::kDamaged,
          "a failure of a server is none of ours, and says nothing of what is stored");
  require(is_one_line(error.what()), "the server's words are one line");
  require(is_one_line(one_line(failure.message)), "anybody's words are one line");
}

}  // namespace

void fuzz_one(ByteView bytes) {
  FuzzInput input(bytes);
  switch (input.byte()) {
    case 'f':
      return try_failure(input);
    case 'k': {
      const std::optional<StsKeys> keys = parse_sts_keys(input.rest());
      require(!keys || (!keys->key_id.empty() && !keys->secret.empty()), "keys are whole");
      return;
    }
    default:
      return try_page(input.rest());
  }
}

std::vector<std::string> fuzz_seeds() {
  return {
      R"(p<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/)"
      R"(doc/2006-03-01/"><Name>b</Name><IsTruncated>true</IsTruncated><NextContinuationToken>t&amp;)"
      R"(</NextContinuationToken><Contents><Key>k/data/00/&#x41;</Key><Size>123</Size></Contents>)"
      R"(<Contents><Size>0</Size><Key><![CDATA[<]]></Key></Contents></ListBucketResult>)",
      R"(p<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>)",
      R"(p<!DOCTYPE x [<!ENTITY e "e">]><ListBucketResult><!-- c --><IsTruncated>true)"
      R"(</IsTruncated><NextMarker>m&e;</NextMarker></ListBucketResult>)",
      "f\x68<Error><Code>NoSuchKey</Code><Message>The\nkey \x1b[31m</Message></Error>",
      "f\x67<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-1</Region></Error>",
      "f\xcb<ErrorResponse><Error><Code>SlowDown</Code></Error></ErrorResponse>",
      "f\x01<Error><Code>PermanentRedirect</Code><Endpoint>b.host</Endpoint></Error>",
      R"(k<AssumeRoleResponse xmlns="x"><AssumeRoleResult><Credentials><AccessKeyId>i</AccessKeyId>)"
      R"(<SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>)"
      R"(2026-11-23T00:37:41Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>)"};
}

}  // namespace snapfs::test
