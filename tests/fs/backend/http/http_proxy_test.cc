#include "fs/backend/http/http_proxy.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/support/scoped_variable.h"

namespace snapfs {
namespace {

using test::ScopedVariable;

std::string proxy_without(std::string_view no_proxy, std::string_view url) {
  return proxy_for(url, {"http://p:1", "http://s:1", std::string(no_proxy)});
}

bool is_excepted(std::string_view no_proxy, std::string_view url) {
  return proxy_without(no_proxy, url).empty();
}

TEST(HttpProxy, GoesByTheScheme) {
  EXPECT_EQ(proxy_without("", "http://host/path"), "http://p:1");
  EXPECT_EQ(proxy_without("", "https://host/path"), "http://s:1");
  EXPECT_EQ(proxy_for("http://host/", {"", "http://s:1", ""}), "");
}

TEST(HttpProxy, HasTheSchemeAndPortThatGoTakesForGranted) {
  const auto completed = [](const std::string& proxy) {
    return proxy_for("http://host/", {proxy, "", ""});
  };
  EXPECT_EQ(completed("proxy"), "http://proxy:80");
  EXPECT_EQ(completed("proxy:3128/"), "http://proxy:3128");
  EXPECT_EQ(completed("https://user:p:w@proxy"), "https://user:p:w@proxy:443");
  EXPECT_EQ(completed("http://[::1]"), "http://[::1]:80");
  EXPECT_EQ(completed("socks5://proxy:1080"), "socks5h://proxy:1080");
}

TEST(HttpProxy, NeverStandsBeforeThisMachine) {
  for (const std::string_view host :
       {"localhost", "127.0.0.1:80", "127.9.9.9", "[::1]:8000", "[::1%25lo]:8000"}) {
    EXPECT_TRUE(is_excepted("", "http://" + std::string(host) + "/x")) << host;
  }
  for (const std::string_view host : {"localhost.example", "128.0.0.1", "[::2]"}) {
    EXPECT_FALSE(is_excepted("", "http://" + std::string(host) + "/x")) << host;
  }
}

TEST(HttpProxy, ADomainIsExceptedWithAllBelowIt) {
  EXPECT_TRUE(is_excepted("example.org", "http://example.org/"));
  EXPECT_TRUE(is_excepted(" other , Example.ORG", "https://user@A.example.org:8/"));
  EXPECT_FALSE(is_excepted("example.org", "http://badexample.org/"));
  for (const std::string_view below : {".example.org", "*.example.org"}) {
    EXPECT_TRUE(is_excepted(below, "http://a.example.org/"));
    EXPECT_FALSE(is_excepted(below, "http://example.org/"));
  }
  EXPECT_TRUE(is_excepted("a,*", "http://anything/"));
  EXPECT_FALSE(is_excepted(",,", "http://anything/"));
}

TEST(HttpProxy, AnEntryMayHaveAPort) {
  EXPECT_TRUE(is_excepted("host:8000", "http://host:8000/"));
  EXPECT_FALSE(is_excepted("host:8000", "http://host/"));
  EXPECT_TRUE(is_excepted("host:443", "https://host/"));
  EXPECT_TRUE(is_excepted("[fd00::1]:80", "http://[fd00::1]/"));
  EXPECT_FALSE(is_excepted(":80", "http://host/"));
}

TEST(HttpProxy, AddressesAndNetworksAreExcepted) {
  EXPECT_TRUE(is_excepted("10.1.2.3", "http://10.1.2.3/"));
  EXPECT_TRUE(is_excepted("10.0.0.0/9", "http://10.127.0.1/"));
  EXPECT_FALSE(is_excepted("10.0.0.0/9", "http://10.128.0.1/"));
  EXPECT_TRUE(is_excepted("fd00::/8", "http://[fd12::1]/"));
  EXPECT_TRUE(is_excepted("fd00::1", "http://[fd00:0:0::1]/"));
  EXPECT_FALSE(is_excepted("10.0.0.0/9", "http://ten.example/"));
  EXPECT_FALSE(is_excepted("10.0.0.0/99", "http://10.0.0.1/"));
  EXPECT_FALSE(is_excepted("0.0.0.0/0", "http://[fd00::1]/"));
}

TEST(HttpProxy, IsReadFromTheEnvironment) {
  const ScopedVariable upper("HTTP_PROXY", "upper");
  const ScopedVariable lower("http_proxy", "lower");
  const ScopedVariable https("HTTPS_PROXY", "");
  const ScopedVariable https_lower("https_proxy", "secure");
  const ScopedVariable no_upper("NO_PROXY", std::nullopt);
  const ScopedVariable no_lower("no_proxy", "none");
  const ScopedVariable all("ALL_PROXY", "all");
  {
    const ScopedVariable cgi("REQUEST_METHOD", std::nullopt);
    const HttpProxyVariables variables = HttpProxyVariables::from_environment();
    EXPECT_EQ(variables.http, "upper");
    EXPECT_EQ(variables.https, "secure");
    EXPECT_EQ(variables.no_proxy, "none");
  }
  const ScopedVariable cgi("REQUEST_METHOD", "GET");
  EXPECT_EQ(HttpProxyVariables::from_environment().http, "lower");
}

}  // namespace
}  // namespace snapfs
