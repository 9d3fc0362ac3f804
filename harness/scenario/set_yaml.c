/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <yaml.h>

#include "scenario/set.h"

/* libyaml counts characters; files count bytes. A byte order mark is not counted at all. */
static size_t byte_offset(const char *text, size_t len, size_t chars)
{
	size_t i = len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	for (; chars && i < len; chars--)
		for (i++; i < len && ((unsigned char)text[i] & 0xc0) == 0x80;)
			i++;
	return i;
}

static yaml_node_t *enter(yaml_document_t *doc, const yaml_node_t *n, const struct scn_pointer_step *step)
{
	if (!step->key) {
		const yaml_node_item_t *items = n->data.sequence.items.start;
		if (n->type != YAML_SEQUENCE_NODE || step->index >= (size_t)(n->data.sequence.items.top - items))
			return NULL;
		return yaml_document_get_node(doc, items[step->index]);
	}
	if (n->type != YAML_MAPPING_NODE)
		return NULL;
	for (const yaml_node_pair_t *p = n->data.mapping.pairs.start; p < n->data.mapping.pairs.top; p++) {
		const yaml_node_t *k = yaml_document_get_node(doc, p->key);
		if (k->type == YAML_SCALAR_NODE && strcmp((const char *)k->data.scalar.value, step->key) == 0)
			return yaml_document_get_node(doc, p->value);
	}
	return NULL;
}

static int find(yaml_document_t *doc, const char *text, size_t len, const struct scn_pointer *at, struct scn_span *out, struct lb_err *err)
{
	const yaml_node_t *n = yaml_document_get_root_node(doc);
	for (size_t i = 0; n && i < at->count; i++)
		n = enter(doc, n, &at->steps[i]);
	if (!n)
		return lb_fail(err, LB_INVALID, "there is no such value");
	if (n->type != YAML_SCALAR_NODE)
		return lb_fail(err, LB_INVALID, "that is no single value");
	yaml_scalar_style_t style = n->data.scalar.style;
	if (style == YAML_LITERAL_SCALAR_STYLE || style == YAML_FOLDED_SCALAR_STYLE || n->start_mark.index == n->end_mark.index)
		return lb_fail(err, LB_INVALID, "that value is a block or empty; only values in a line can be set");
	out->start = byte_offset(text, len, n->start_mark.index);
	out->end = byte_offset(text, len, n->end_mark.index);
	out->quoted = style == YAML_DOUBLE_QUOTED_SCALAR_STYLE;
	out->single = style == YAML_SINGLE_QUOTED_SCALAR_STYLE;
	/* an anchor or tag before the scalar belongs to its marks, and stays */
	const char *first = out->quoted ? "\"" : out->single ? "'" : NULL;
	while (text[out->start] == '&' || text[out->start] == '!') {
		out->start += strcspn(text + out->start, " \t");
		out->start += strspn(text + out->start, " \t");
	}
	return !first || text[out->start] == *first ? 0 : lb_fail(err, LB_INVALID, "that value cannot be set in place");
}

int scn_find_yaml(const char *text, size_t len, const struct scn_pointer *at, struct scn_span *out, struct lb_err *err)
{
	yaml_parser_t parser;
	yaml_document_t doc;
	if (!yaml_parser_initialize(&parser))
		return lb_fail(err, LB_IO, "the YAML reader cannot start");
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	int rc;
	if (!yaml_parser_load(&parser, &doc)) {
		rc = lb_fail(err, LB_INVALID, "it is not YAML: line %zu: %s", parser.problem_mark.line + 1,
			     parser.problem ? parser.problem : "?");
	} else {
		rc = find(&doc, text, len, at, out, err);
		yaml_document_delete(&doc);
	}
	yaml_parser_delete(&parser);
	return rc;
}
