#!/usr/bin/env python3
"""Uploads a directory to an object store, with the keys of the environment; makes the bucket.

usage: s3_upload.py ENDPOINT BUCKET PREFIX DIRECTORY
"""
import concurrent.futures
import datetime
import hashlib
import hmac
import http.client
import os
import sys
import threading
import urllib.parse

AT_ONCE = 8
REGION = "us-east-1"


class Uploader:
    """Thread-safe; each thread has a connection of its own."""

    def __init__(self, endpoint):
        self.host = urllib.parse.urlsplit(endpoint).netloc
        self.key = os.environ["AWS_ACCESS_KEY_ID"]
        self.secret = os.environ["AWS_SECRET_ACCESS_KEY"]
        self.local = threading.local()

    def put(self, path, body):
        if not hasattr(self.local, "connection"):
            self.local.connection = http.client.HTTPConnection(self.host)
        self.local.connection.request("PUT", path, body, self.signed(path, body))
        answer = self.local.connection.getresponse()
        words = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{path}: {answer.status} {words.decode(errors='replace')}")

    def signed(self, path, body):
        """The headers of a request that AWS's Signature Version 4 signs."""
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        scope = f"{now[:8]}/{REGION}/s3/aws4_request"
        headers = {"host": self.host, "x-amz-content-sha256": hashlib.sha256(body).hexdigest(),
                   "x-amz-date": now}
        names = ";".join(headers)
        request = "\n".join(["PUT", path, "", *(f"{name}:{headers[name]}" for name in headers), "",
                             names, headers["x-amz-content-sha256"]])
        to_sign = "\n".join(["AWS4-HMAC-SHA256", now, scope,
                             hashlib.sha256(request.encode()).hexdigest()])
        key = b"AWS4" + self.secret.encode()
        for part in scope.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
        return headers | {"Authorization": f"AWS4-HMAC-SHA256 Credential={self.key}/{scope}, "
                                           f"SignedHeaders={names}, Signature={signature}"}


def main():
    endpoint, bucket, prefix, directory = sys.argv[1:]
    uploader = Uploader(endpoint)
    uploader.put(f"/{bucket}", b"")

    def upload(path):
        with open(path, "rb") as file:
            uploader.put(f"/{bucket}/{prefix}/{os.path.relpath(path, directory)}", file.read())

    paths = [os.path.join(parent, name) for parent, _, names in os.walk(directory) for name in names]
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(upload, paths))


if __name__ == "__main__":
    main()
