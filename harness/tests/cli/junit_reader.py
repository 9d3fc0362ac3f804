# SPDX-License-Identifier: Apache-2.0
"""junit_reader.py FILE: what junitparser, which knows nothing of lbench, makes of the report; strict about counts and
attributes. Prints a line a case."""
import sys
import xml.etree.ElementTree as ElementTree

import junitparser

SUITE = {"name", "tests", "failures", "errors", "skipped", "time", "timestamp"}
OUTCOMES = {"failure": junitparser.Failure, "skipped": junitparser.Skipped}

raw = ElementTree.parse(sys.argv[1]).getroot()
assert raw.tag == "testsuites" and set(raw.attrib) == {"name"}, raw.attrib
report = junitparser.JUnitXml.fromfile(sys.argv[1])
suites = list(report)
assert len(suites) == len(raw) > 0
for suite, element in zip(suites, raw):
    assert element.tag == "testsuite" and set(element.attrib) == SUITE, element.attrib
    cases = list(suite)
    results = [r for c in cases for r in c.result]
    said = (suite.tests, suite.failures, suite.errors, suite.skipped)
    counted = (len(cases), *(sum(isinstance(r, k) for r in results) for k in (junitparser.Failure, junitparser.Error, junitparser.Skipped)))
    assert said == counted, (said, counted)
    suite.update_statistics()
    assert (suite.tests, suite.failures, suite.errors, suite.skipped) == said
    assert len({(c.classname, c.name) for c in cases}) == len(cases), "two cases of one name"
    print(f"{suite.name}: tests, failures, errors, skipped {said}")
    for case, node in zip(cases, element):
        assert node.tag == "testcase" and set(node.attrib) == {"classname", "name", "time"}, node.attrib
        assert case.name and case.classname and case.time == 0 and len(case.result) <= 1
        for r, child in zip(case.result, node):
            assert isinstance(r, OUTCOMES[child.tag]) and r.message and "\n" not in r.message
            assert r.text.split("\n")[0] == r.message
            assert (r.type is not None) == (child.tag == "failure")
        print(" ", case.classname, "|", case.name, *[f"| {type(r).__name__}: {r.text!r}" for r in case.result])
