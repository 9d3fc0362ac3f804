/* SPDX-License-Identifier: Apache-2.0
 *
 * HCL's native syntax, as far as docker-bake.hcl goes: blocks with labels, attributes, strings, heredocs, lists, objects,
 * comments. The result has the shape of HCL's JSON syntax, which docker-bake.json is written in, so that one reader
 * serves both:
 *
 *     target "web" { context = "web" }     { "target": { "web": { "context": "web" } } }
 *
 * Texts are templates: "${NAME}" stands for a value, "$${" for the two characters. Whatever is no literal (a variable, a
 * call, a condition) becomes the template "${…}" with its text, for who knows variables to fill in or to refuse.
 * Source: the specification, github.com/hashicorp/hcl hclsyntax/spec.md.
 */
#ifndef HARNESS_CHECK_HCL_H
#define HARNESS_CHECK_HCL_H

#include "lbench/json.h"

/* name: for messages. *out is the caller's. LB_INVALID with NAME:LINE:COL. */
int hcl_parse(const char *name, const char *text, size_t len, json_t **out, struct lb_err *err);

#endif
