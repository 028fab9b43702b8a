"""Find the line of a mistake in the code: the line that computes its quantity."""

import ast
import re
from collections.abc import Callable, Iterator, Sequence

from pellucid.check.solution import FunctionSource

_Test = Callable[[ast.stmt], bool]

# The beginning of a cause's code, and the names of the quantity in assignments.
_TARGETS = (
    (r"sizes-", r"n_[xy]"),
    (r"penalty-gradient", r"dW"),
    (r"penalty-", r"L2|\w*reg|cost"),
    (r"dropout-mask-not", r"D\d"),
    (r"batches-labels", r"\w*_?Y"),
    (r"batches-inputs", r"\w*_?X"),
    (r"batches-not", r"permut|order|\w*shuffled"),
    (r"mean-|adam-square|adam-one", r"[vs]\b"),
    (r"adam-correction", r"\w*correct"),
    (r"adam-", r"parameters"),
    (r"check-denominator-missing", r"difference"),
    (r"check-denom", r"denominator|difference"),
    (r"dw-|dw[12]-|m-is-rows", r"d[Ww]"),
    (r"db-", r"db"),
    (r"da-prev", r"dA|da"),
    (r"dal-", r"dAL|dZL|dZ"),
    (r"dz2-", r"dZ2"),
    (r"dz1-|tanh-", r"dZ1"),
    (r"derivative|relu-mask|dz-|da-missing|da-added|product-matrix|extra-1", r"dZ|dz"),
    (r"cost-", r"cost|J\b|loss|log"),
    (r"sigmoid-|relu-is", r"A\b|s\b"),
    (r"bias-|w-transposed|a-transposed|product-|b-transposed|z-rank", r"Z"),
    (r"weights-", r"W"),
    (r"biases-", r"b"),
    (r"hidden-", r"A"),
)
# These functions are judged separately.
_COURSE = frozenset(
    (
        *("sigmoid", "relu", "sigmoid_backward", "relu_backward", "linear_forward", "linear_backward"),
        *("linear_activation_forward", "linear_activation_backward", "L_model_forward", "L_model_backward"),
        *("forward_propagation", "backward_propagation", "compute_cost", "update_parameters", "predict"),
        *("propagate", "optimize", "forward_propagation_n"),
    )
)
# Functions that loop over layers, iterations, batches or parameters as they should.
_LOOPING = re.compile(
    r"model|deep|update|velocity|adam|predict|optimize|mini_batches|gradient_check|initialize|_with_"
)
_LOOPS = ("loop-", "first-layer", "layers-miscounted", "batches-last", "batches-one")
_KEYS = ("key", "da-keys", "dw-keys", "same-gradient", "gradient-index", "parameters-index", "same-param")


def line_of(function: FunctionSource, code: str) -> int | None:
    """The line of the solution that most likely has the mistake; None: unknown.

    Args:
        function: the function that has it.
        code: of the mistake.
    """
    statements = list(_statements(function.tree.body))
    if code.startswith(_LOOPS):
        return _first(statements, lambda s: isinstance(s, (ast.For, ast.While)))
    if code.startswith("caches-"):
        return _first(statements, _appends) or _return_of(statements)
    if code == "cache-not-appended-last":
        return _return_of(statements)
    if code.startswith(("cache-", "outputs-swapped", "predict-", "wrong-count")):
        return _cache_or_return(statements, code)
    if code in ("same-da-for-all", "hidden-fed-dal", "hidden-fed-x", "hidden-sigmoid", "same-cache"):
        return _in_loop(statements, r"backward|forward|cache") or _target(statements, r"dA|A")
    if code.startswith(("update-", "learning-rate")):
        return _first(statements, lambda s: _assigns(s) and "rate" in ast.unparse(s)) or _last_assignment(
            statements
        )
    if code.startswith(_KEYS):
        keyed = _first(statements, lambda s: _assigns(s) and bool(re.search(r"\[.*['\"]", ast.unparse(s))))
        return keyed or _return_of(statements)
    return _quantity_line(statements, code)


def _quantity_line(statements: list[ast.stmt], code: str) -> int | None:
    """The line that computes the quantity of a mistake."""
    if code == "check-distance-not-doubled":
        return _target(statements, r"\w*approx\[") or _target(statements, r"\w*approx")
    if code.startswith("relu-mask-") and code != "relu-mask-missing":
        masked = _first(statements, lambda s: _assigns(s) and any(sign in _targets(s) for sign in "<>"))
        return masked or _target(statements, r"dZ|dz") or _return_of(statements)
    if code == "dropout-mask-inverted":
        return _first(statements, lambda s: _assigns(s) and ">" in ast.unparse(s))
    if code.startswith("last-"):
        # The hidden layers come before it.
        return _target(statements[::-1], r"A") or _return_of(statements)
    for pattern, target in _TARGETS:
        if re.match(pattern, code):
            return _target(statements, target) or _return_of(statements)
    return None


def return_in_loop(function: FunctionSource) -> int | None:
    """The line of a return that ends a loop in its first round; None: there is none.

    Args:
        function: as written.
    """
    for loop in ast.walk(function.tree):
        if isinstance(loop, ast.For) and isinstance(loop.body[-1], ast.Return):
            return loop.body[-1].lineno
    return None


def line_assigning(function: FunctionSource, name: str) -> int | None:
    """The line that computes a variable, such as "W2"; None: there is none.

    Args:
        function: as written.
        name: of the variable.
    """
    statements = list(_statements(function.tree.body))
    # As a variable of its own, or under its key: "dW1", "dW" + str(l), f"dW{l}".
    letters = name.rstrip("0123456789")
    keyed = _target(statements, rf"\w*\[f?['\"]{letters}(?:['\"]|\{{|\d)") if letters != name else None
    # A line of its own comes before one that unpacks, and one with an operation before all.
    alone = [s for s in statements if _assigns(s) and _targets(s) == name]
    operating = [s for s in alone if any(isinstance(node, ast.BinOp) for node in ast.walk(s))]
    own = [s.lineno for s in operating or alone]
    return own[0] if own else _target(statements, rf"{re.escape(name)}\b") or keyed


# Mistakes in the one quantity that differs: its line is theirs. And how its name begins.
_OF_QUANTITY = (
    (r"dw-|penalty-gradient", "dw"),
    (r"db-", "db"),
    (r"update-|learning-rate|weights-|biases-|size-|sizes-|gradient-|same-gradient", ""),
)


def quantity_of(code: str, differing: Sequence[str]) -> str:
    """The quantity that a mistake is in, of those that differ; empty: it is not known.

    Args:
        code: of the mistake.
        differing: their names, as "dW1".
    """
    for pattern, begins in _OF_QUANTITY:
        if re.match(pattern, code):
            return next((name for name in differing if name.lower().startswith(begins)), "")
    return ""


def loops_over_numbers(function: FunctionSource, others: dict[str, FunctionSource]) -> int | None:
    """The line of a loop over single examples or units: nested, or over columns.

    Args:
        function: as written.
        others: the file's other functions, followed if it calls them.
    """
    allowed = 1 if _LOOPING.search(function.name) else 0
    helpers = {name: other for name, other in others.items() if name not in _COURSE}
    return _deep_loop(function.tree, allowed, helpers, {function.name})


def is_about(function: FunctionSource, line: int, code: str) -> bool:
    """Whether the statement on a line computes the quantity of a mistake.

    Args:
        function: as written.
        line: of it.
        code: of the mistake.
    """
    here = [s for s in _statements(function.tree.body) if s.lineno <= line <= (s.end_lineno or s.lineno)]
    targets = [target for pattern, target in _TARGETS if re.match(pattern, code)]
    return bool(targets) and any(_target([s], targets[0]) for s in here if _assigns(s))


def calls_course(function: FunctionSource) -> bool:
    """Whether it calls another function of the course.

    Args:
        function: as written.
    """
    called = {
        node.func.id
        for node in ast.walk(function.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    return bool(called & _COURSE - {function.name})


# The layer's cache where a part of it belongs.
_WHOLE_CACHE = r"\b(?:linear|relu|sigmoid)_backward\(\s*\w+\s*,\s*cache\s*\)"


def refined(code: str, function: FunctionSource) -> str:
    """The code that fits the way the function is written.

    Args:
        code: of the simulated mistake.
        function: as written.
    """
    if (
        code == "last-layer-missing"
        and "model" in function.name
        and "sigmoid" in ast.unparse(function.tree)
    ):
        # One loop has all layers, including the last: the mistake is the end of the loop.
        return "loop-one-short"
    text = ast.unparse(function.tree)
    # Labels have one row: m counted from the rows divides by 1.
    if code == "cost-not-averaged" and re.search(r"\.shape\[0\]|\blen\(", text):
        return "cost-m-is-rows"
    # A key without a counter is the same in every round.
    if code == "loop-not-reversed" and re.search(r"\[['\"]dA\d['\"]\]", text):
        return "same-da-for-all"
    if code == "cache-order" and re.search(_WHOLE_CACHE, text):
        return "cache-passed-whole"
    # Of a single unit, a sum over units is what was there before it.
    if code == "db-wrong-axis" and not re.search(r"sum|mean|einsum|for ", text):
        return "db-is-dz"
    # A threshold that no value reaches gives the same labels as a constant.
    if code in ("predict-threshold", "predict-constant"):
        decides = any(isinstance(node, ast.Compare) for node in ast.walk(function.tree))
        return "predict-threshold" if decides else "predict-constant"
    return code


def _deep_loop(
    tree: ast.AST, allowed: int, others: dict[str, FunctionSource], seen: set[str]
) -> int | None:
    for node, depth in _loops(tree, 0):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else ""
            if name in others and name not in seen:
                inner = _deep_loop(others[name].tree, 0, others, seen | {name})
                if inner:
                    return node.lineno
        elif depth > allowed:
            return int(getattr(node, "lineno", 0)) or None
    return None


def _loops(tree: ast.AST, depth: int) -> Iterator[tuple[ast.AST, int]]:
    """Calls and loops over numbers, each with its depth in such loops, including itself."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Call):
            yield node, depth
        inside = depth
        if isinstance(node, (ast.ListComp, ast.GeneratorExp, ast.SetComp, ast.DictComp)):
            inside += sum(map(_over_numbers, node.generators))
        elif _over_numbers(node) and not isinstance(node, ast.comprehension):
            inside += 1
        if inside > depth:
            yield node, inside
        yield from _loops(node, inside)


def _over_numbers(node: ast.AST) -> bool:
    if isinstance(node, ast.While):
        return True
    if not isinstance(node, (ast.For, ast.comprehension)):
        return False
    # Keys and names are few; the columns and units of an array are many.
    return bool(re.search(r"range\(|ndindex|ndenumerate|\.T\b|\.flat\b|^[A-Z]\w?$", ast.unparse(node.iter)))


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for statement in body:
        yield statement
        for inner in ("body", "orelse", "finalbody"):
            nested = getattr(statement, inner, None)
            if isinstance(nested, list):
                yield from _statements([s for s in nested if isinstance(s, ast.stmt)])


def _first(statements: list[ast.stmt], test: _Test) -> int | None:
    return next((s.lineno for s in statements if test(s)), None)


def _appends(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and "append" in ast.unparse(statement)


def _assigns(statement: ast.stmt) -> bool:
    return isinstance(statement, (ast.Assign, ast.AugAssign, ast.AnnAssign))


def _targets(statement: ast.stmt) -> str:
    if isinstance(statement, ast.Assign):
        return ", ".join(ast.unparse(target) for target in statement.targets)
    return ast.unparse(statement.target) if isinstance(statement, (ast.AugAssign, ast.AnnAssign)) else ""


def _target(statements: list[ast.stmt], pattern: str) -> int | None:
    wanted = re.compile(rf"(?:^|[\s('\"\[,])(?:{pattern})")
    # Prefer a line that computes to one that only copies or unpacks.
    matching = [s for s in statements if _assigns(s) and wanted.search(_targets(s))]
    computing = [s for s in matching if _computes(s)]
    return (computing or matching)[0].lineno if matching else None


def _computes(statement: ast.stmt) -> bool:
    value = getattr(statement, "value", None)
    return value is not None and any(isinstance(node, (ast.BinOp, ast.Call)) for node in ast.walk(value))


def _in_loop(statements: list[ast.stmt], pattern: str) -> int | None:
    for loop in statements:
        if isinstance(loop, (ast.For, ast.While)):
            for statement in _statements(loop.body):
                if _assigns(statement) and re.search(pattern, ast.unparse(statement)):
                    return statement.lineno
    return None


def _return_of(statements: list[ast.stmt]) -> int | None:
    lines = [s.lineno for s in statements if isinstance(s, ast.Return)]
    return lines[-1] if lines else None


def _last_assignment(statements: list[ast.stmt]) -> int | None:
    lines = [s.lineno for s in statements if _assigns(s)]
    return lines[-1] if lines else None


def _cache_or_return(statements: list[ast.stmt], code: str) -> int | None:
    if code.startswith("cache-") and code != "cache-missing":
        line = _target(statements, r"\w*cache")
        if line:
            return line
    if code.startswith("predict-") and code != "predict-probabilities":
        line = _first(statements, lambda s: _assigns(s) and any(w in ast.unparse(s) for w in "<>"))
        if line:
            return line
    return _return_of(statements)
