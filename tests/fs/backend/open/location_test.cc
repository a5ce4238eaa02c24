// Repository strings.
#include "fs/backend/open/location.h"

#include <filesystem>
#include <fstream>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fs/backend/open/open.h"
#include "fs/base/error.h"
#include "tests/support/fails_with.h"
#include "tests/support/temporary_directory.h"

namespace snapfs {
namespace {

ErrorCode code_for(std::string_view text, RepositoryUse use = RepositoryUse::kExisting) {
  try {
    RepositoryLocation::parse(text, use);
  } catch (const Error& error) {
    return error.code();
  }
  return ErrorCode::kInternal;
}

TEST(RepositoryLocation, IsAPathWithOrWithoutScheme) {
  EXPECT_EQ(RepositoryLocation::parse("/srv/r").path, "/srv/r");
  EXPECT_EQ(RepositoryLocation::parse("local:rel/r").path, "rel/r");
  EXPECT_EQ(RepositoryLocation::parse("local:s3:odd").path, "s3:odd");
}

TEST(RepositoryLocation, WithAColonFirstItIsADirectoryOnlyIfThereIsOne) {
  const test::TemporaryDirectory directory;
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(directory.path());
  for (const std::string text : {"a:b", "user@host:", "C:", "C:\\r", "https:", ":x", "s4:b"}) {
    EXPECT_EQ(code_for(text), ErrorCode::kUsage) << text;
    std::filesystem::create_directory(text);
    EXPECT_EQ(RepositoryLocation::parse(text).path, text);
    // Nor is it made where there is one.
    EXPECT_EQ(code_for(text, RepositoryUse::kNew), ErrorCode::kUsage) << text;
    EXPECT_EQ(RepositoryLocation::parse("local:" + text, RepositoryUse::kNew).path, text);
  }
  for (const std::string_view text : {"user@host:/b", "https://h/r", "ssh://h/r", "file:///srv/r",
                                      "C:\\b", "C:/b", "nfs:h/x", "a.b:c/d"}) {
    EXPECT_EQ(code_for(text), ErrorCode::kUsage) << text;
    EXPECT_EQ(code_for(text, RepositoryUse::kNew), ErrorCode::kUsage) << text;
  }
  std::ofstream("f:x") << "no directory";
  EXPECT_EQ(code_for("f:x"), ErrorCode::kUsage);
  std::filesystem::current_path(before);
  EXPECT_EQ(RepositoryLocation::parse("./s3:x").path, "./s3:x");
  EXPECT_EQ(RepositoryLocation::parse("a/b:c", RepositoryUse::kNew).path, "a/b:c");
  EXPECT_EQ(RepositoryLocation::parse("Local:/r").path, "/r");
}

TEST(RepositoryLocation, IsASchemeAndWhatStandsBehindIt) {
  const auto expect = [](std::string_view text, Scheme scheme, std::string_view path) {
    const RepositoryLocation location = RepositoryLocation::parse(text);
    EXPECT_EQ(location.scheme, scheme) << text;
    EXPECT_EQ(location.path, path);
  };
  expect("/srv/r", Scheme::kLocal, "/srv/r");
  expect("rest:https://h/", Scheme::kRest, "https://h/");
  expect("Rest:http://h/", Scheme::kRest, "http://h/");
  expect("s3:host/bucket", Scheme::kS3, "host/bucket");
  expect("s3://host/bucket", Scheme::kS3, "//host/bucket");
  expect("sftp:u@h:/r", Scheme::kSftp, "u@h:/r");
  expect("SFTP://h/r", Scheme::kSftp, "//h/r");
  expect("rclone:remote:path", Scheme::kRclone, "remote:path");
}

TEST(RepositoryLocation, StoragesThatAreNotSpokenToNameTheWayToThem) {
  for (const std::string_view text : {"b2:bucket", "azure:c:/", "gs:b:/", "swift:c:/", "B2:x"}) {
    EXPECT_TRUE(test::fails_with(ErrorCode::kUnsupported, "rclone:REMOTE:", [&] {
      RepositoryLocation::parse(text);
    })) << text;
  }
}

TEST(RepositoryLocation, MessagesNeverShowAPassword) {
  for (const std::string_view text :
       {"httpx://me:secret@h/r", "b2:me:secret@h:/r", "me:secret@h:/r", "x:secret@more@h:/r"}) {
    try {
      RepositoryLocation::parse(text);
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), ::testing::Not(::testing::HasSubstr("cret"))) << text;
      EXPECT_THAT(error.subject(), ::testing::Not(::testing::HasSubstr("cret"))) << text;
      EXPECT_THAT(error.what(), ::testing::HasSubstr("local:")) << text;
    }
  }
  EXPECT_EQ(shown_location("rest:https://me:a@b@h/r"), "rest:https://me:***@h/r");
  EXPECT_EQ(shown_location("rest:https://:secret@h"), "rest:https://:***@h");
  EXPECT_EQ(shown_location("REST:http://me:se/cret@h/"), "REST:http://me:***@h/");
  EXPECT_EQ(shown_location("sftp:me:secret@h:/r"), "sftp:me:***@h:/r");
  EXPECT_EQ(shown_location("sftp://me:secret@h//r"), "sftp://me:***@h//r");
  EXPECT_EQ(shown_location("sftp:me@h:/r"), "sftp:me@h:/r");
  EXPECT_EQ(shown_location("rclone::s3,secret_access_key=x:b/r"), "rclone::s3,***:b/r");
  EXPECT_EQ(shown_location(":me:secret@h/r"), ":***@h/r");
}

TEST(RepositoryLocation, PathsAreShownAsTheyAre) {
  for (const char* const path : {"/srv/a:b@c", "/srv//a:b@c", "./a:b@c", "local:a:b@c", "r", ""}) {
    EXPECT_EQ(shown_location(path), path);
  }
}

TEST(RepositoryLocation, PasswordsOfUrlsInTextAreNotShown) {
  EXPECT_EQ(without_url_passwords("curl 'https://me:a@b@h/x' && mail a:b@c"),
            "curl 'https://me:***@h/x' && mail a:b@c");
  EXPECT_EQ(without_url_passwords("a://:p@h b://u:q@i:1"), "a://:***@h b://u:***@i:1");
  for (const char* const text :
       {"", "x:y@z", "https://h:80/a@b", "https://h/?q=a:b@c", "a://u@h", "://", "a://b c:d@e"}) {
    EXPECT_EQ(without_url_passwords(text), text);
  }
}

TEST(RepositoryLocation, NothingIsAnError) {
  EXPECT_EQ(code_for(""), ErrorCode::kUsage);
  EXPECT_EQ(code_for("local:"), ErrorCode::kUsage);
}

TEST(RepositoryLocation, AnAddressWithoutItsPartsSaysWhichAreMissing) {
  for (const std::string text : {"rest:", "s3:", "sftp:", "rclone:"}) {
    EXPECT_TRUE(test::fails_with(ErrorCode::kUsage, fmt::format("missing behind \"{}\"", text),
                                 [&] { open_storage(RepositoryLocation::parse(text)); }));
  }
}

TEST(RepositoryLocation, AnAddressIsOneLineAndNothingElse) {
  for (const std::string_view scheme :
       {"rest:http://me:secret@h/", "s3:h/bucket/", "sftp:h:", "rclone:r:"}) {
    for (const std::string_view odd : {"a\n", "a\r", "a\tb", "a\x7f", "\x1b[m"}) {
      EXPECT_TRUE(test::fails_with(ErrorCode::kUsage, "control character", [&] {
        RepositoryLocation::parse(std::string(scheme) + std::string(odd));
      })) << scheme;
    }
    const std::string zero = std::string(scheme) + std::string("a\0b", 3);
    EXPECT_EQ(code_for(zero), ErrorCode::kUsage);
  }
  for (const std::string_view text :
       {"rest:http://h/ ", "rest: http://h/", "s3:h/bucket ", "sftp:h:d\u00a0"}) {
    EXPECT_TRUE(test::fails_with(ErrorCode::kUsage, "white space",
                                 [&] { RepositoryLocation::parse(text); }));
  }
  EXPECT_TRUE(test::fails_with(ErrorCode::kUsage, "white space before or behind",
                               [] { RepositoryLocation::parse(" rest:http://h/"); }));
  // Names of directories may have them, and those that rclone reaches blanks.
  EXPECT_EQ(RepositoryLocation::parse("/srv/a\nb ").path, "/srv/a\nb ");
  EXPECT_EQ(RepositoryLocation::parse("rclone:r:a ").path, "r:a ");
}

TEST(RepositoryLocation, AUrlWithoutASchemeOfOursIsToldWhichThereAre) {
  for (const std::string_view text : {"http://h/r", "HTTPS://me:secret@h/r"}) {
    EXPECT_TRUE(test::fails_with(ErrorCode::kUsage,
                                 "write \"rest:", [&] { RepositoryLocation::parse(text); }));
  }
}

}  // namespace
}  // namespace snapfs
