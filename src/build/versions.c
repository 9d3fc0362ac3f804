/* SPDX-License-Identifier: Apache-2.0 */
#include "lbench/build.h"

#include <archive.h>
#include <curl/curl.h>
#include <git2.h>
#include <isa-l.h>
#include <openssl/crypto.h>
#include <sqlite3.h>
#include <zlib.h>
#include <zstd.h>

void lb_library_versions(struct lb_json *w)
{
	lb_json_open(w, '{');
	lb_autofree char *archive = lb_format("%d.%d.%d", ARCHIVE_VERSION_NUMBER / 1000000, ARCHIVE_VERSION_NUMBER / 1000 % 1000,
	                                      ARCHIVE_VERSION_NUMBER % 1000);
	lb_json_kstr(w, "libarchive", archive);
	lb_json_kstr(w, "openssl", OPENSSL_VERSION_STR);
	lb_json_kstr(w, "sqlite", SQLITE_VERSION);
	lb_json_kstr(w, "zlib", ZLIB_VERSION);
	lb_json_kstr(w, "zstd", ZSTD_VERSION_STRING);
	lb_autofree char *isal = lb_format("%d.%d.%d", ISAL_MAJOR_VERSION, ISAL_MINOR_VERSION, ISAL_PATCH_VERSION);
	lb_json_kstr(w, "isa-l", isal);
	lb_json_kstr(w, "libgit2", LIBGIT2_VERSION);
	lb_json_kstr(w, "jansson", JANSSON_VERSION);
	lb_json_kstr(w, "curl", LIBCURL_VERSION);
	lb_json_close(w, '}');
}
