// pellucid._native: what Python sees of the trainer and the predictor. Nothing is decided or computed here.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <functional>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <variant>

#include "multiply.hpp"
#include "predictor.hpp"
#include "python_lock.hpp"
#include "trainer.hpp"
#include "turnstile.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace pellucid {
namespace {

template <class T>
using Matrix = nb::ndarray<const T, nb::ndim<2>, nb::device::cpu>;
template <class T>
using InVector = nb::ndarray<const T, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
template <class T>
using OutVector = nb::ndarray<T, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
// (n_y, m), column by column.
template <class T>
using Outputs = nb::ndarray<T, nb::ndim<2>, nb::f_contig, nb::device::cpu>;
using Columns = nb::ndarray<const std::int64_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

template <class T>
View<const T> view(const Matrix<T>& matrix) {
    return {matrix.data(), Index(matrix.stride(0)), Index(matrix.stride(1))};
}

// The names by which Python knows what there is a kernel for. The entry of an activation, a cost or an optimizer names
// its own; one that is not here is trained by the reference engine.
template <class Value>
using Names = std::vector<std::pair<const char*, Value>>;

const Names<Activation> activation_names{{"relu", Activation::relu},
                                         {"leaky_relu", Activation::leaky_relu},
                                         {"elu", Activation::elu},
                                         {"gelu", Activation::gelu},
                                         {"silu", Activation::silu},
                                         {"tanh", Activation::tanh},
                                         {"sigmoid", Activation::sigmoid},
                                         {"softmax", Activation::softmax},
                                         {"identity", Activation::identity},
                                         {"exp", Activation::exp}};
const Names<Cost> cost_names{{"binary_cross_entropy", Cost::binary_cross_entropy},
                             {"categorical_cross_entropy", Cost::categorical_cross_entropy},
                             {"mean_squared_error", Cost::mean_squared_error},
                             {"mean_absolute_error", Cost::mean_absolute_error},
                             {"huber", Cost::huber},
                             {"poisson", Cost::poisson}};
const Names<Rule> rule_names{{"gradient_descent", Rule::gradient_descent},
                             {"momentum", Rule::momentum},
                             {"heavy_ball", Rule::heavy_ball},
                             {"nesterov", Rule::nesterov},
                             {"rmsprop", Rule::rmsprop},
                             {"adam", Rule::adam},
                             {"adamw", Rule::adamw}};

template <class Value>
Value named(const std::string& name, const Names<Value>& known) {
    for (const auto& [other, value] : known)
        if (name == other) return value;
    throw std::invalid_argument("no kernel is called " + name);
}

template <class Value>
nb::tuple names_of(const Names<Value>& known) {
    nb::list names;
    for (const auto& [name, value] : known) names.append(name);
    return nb::tuple(names);
}

Description describe(std::vector<Index> layer_dims, const std::vector<std::string>& activations,
                     const std::string& cost, double label_smoothing, double huber_delta, double l2, double l1,
                     std::vector<double> dropout) {
    Description network{std::move(layer_dims), {}, named(cost, cost_names), label_smoothing, huber_delta, l2, l1,
                        std::move(dropout)};
    for (const auto& name : activations) network.activations.push_back(named(name, activation_names));
    if (network.layer_dims.size() < 2 || network.activations.size() + 1 != network.layer_dims.size() ||
        network.dropout.size() != network.activations.size())
        throw std::invalid_argument("a network of other layers");
    return network;
}

Options options(const std::string& rule, double beta1, double beta2, double epsilon, double weight_decay,
                double clip_norm, std::uint64_t seed, int threads, bool epsilon_hat) {
    return {named(rule, rule_names), beta1, beta2, epsilon, weight_decay, clip_norm, seed, std::clamp(threads, 1, 255),
            epsilon_hat};
}

void expect(bool holds, const char* otherwise) {
    if (!holds) throw std::invalid_argument(otherwise);
}

// Asks Python for signals, where the calling thread hears of them.
Interrupted signals(bool listens) {
    if (!listens) return [] { return python_ends.load(std::memory_order_relaxed); };
    return [] {
        nb::gil_scoped_acquire again;
        return PyErr_CheckSignals() != 0;
    };
}

// The result of `work`, during which other Python threads run.
template <class Work>
auto released(Work work) {
    try {
        Unlocked others_may_run;
        return work();
    } catch (const Interruption&) {
        throw_interruption();
    }
}

// The arrays of a table whose columns stay encoded, (m, ...) each, and where its inputs are.
template <class T>
class PyTable {
public:
    using Rows = nb::ndarray<const T, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
    using Codes = nb::ndarray<const std::int32_t, nb::ndim<2>, nb::c_contig, nb::device::cpu>;

    PyTable(Rows values, Rows fractions, Codes codes, std::vector<Index> value_columns, std::vector<Index> first_columns,
            const std::vector<Index>& sizes, Index n_x)
        : values_(values), fractions_(fractions), codes_(codes) {
        const auto fits = [&](const auto& array, std::size_t n) { return array.shape(0) == m() && array.shape(1) == n; };
        expect(fits(values, value_columns.size()) && fits(codes, first_columns.size()) && fits(codes, sizes.size()) &&
                   fractions.shape(0) == m() && fractions.shape(1) <= sizes.size(),
               "columns of a table of different lengths");
        layout_ = EncodedLayout::of(std::move(value_columns), std::move(first_columns), sizes,
                                    Index(fractions.shape(1)), n_x);
        const Index n = Index(sizes.size());
        for (Index j = 0; j < Index(m()); ++j)
            for (Index i = 0; i < n; ++i) {
                const Index code = codes.data()[j * n + i];
                expect(code < sizes[std::size_t(i)] && code >= (i < layout_.n_pieced ? 0 : -1),
                       "a piece or level that its column does not have");
            }
        n_x_ = n_x;
    }

    std::size_t m() const { return codes_.shape(0); }
    Index n_x() const { return n_x_; }
    EncodedTable<T> table() const { return {values_.data(), fractions_.data(), codes_.data(), &layout_}; }
    // The arrays, to be kept.
    std::tuple<Rows, Rows, Codes> arrays() const { return {values_, fractions_, codes_}; }

private:
    Rows values_, fractions_;
    Codes codes_;
    EncodedLayout layout_;
    Index n_x_ = 0;
};

// X, a matrix or a table, with its targets. What it points at lives as long as this does.
template <class T>
class Given {
public:
    Given(const Description& network, const Matrix<T>& X, const Matrix<T>& Y, const std::optional<InVector<T>>& weights)
        : Given(network, Index(X.shape(0)), X.shape(1), Y, weights) {
        labelled_.X = view<T>(X);
    }
    Given(const Description& network, const PyTable<T>& X, const Matrix<T>& Y, const std::optional<InVector<T>>& weights)
        : Given(network, X.n_x(), X.m(), Y, weights) {
        table_ = X.table();
        labelled_.table = &table_;
    }
    Given(const Given&) = delete;
    Given& operator=(const Given&) = delete;

    const Labelled<T>& labelled() const { return labelled_; }
    Index m() const { return labelled_.m; }

private:
    Given(const Description& network, Index n_x, std::size_t m, const Matrix<T>& Y,
          const std::optional<InVector<T>>& weights)
        : labelled_{{}, Index(m), view<T>(Y), weights ? weights->data() : nullptr} {
        expect(n_x == network.layer_dims.front() && Index(Y.shape(0)) == network.layer_dims.back() && Y.shape(1) == m &&
                   m > 0 && (!weights || weights->shape(0) == m),
               "examples of other shapes than the network's");
    }

    Labelled<T> labelled_;
    EncodedTable<T> table_{};
};

template <class T>
T* data_of(const Outputs<T>& outputs, Index n_y, Index m) {
    expect(Index(outputs.shape(0)) == n_y && Index(outputs.shape(1)) == m, "outputs of another shape");
    return outputs.data();
}

// The trainer with the arrays it looks at. One call at a time.
template <class T>
class PyTrainer {
public:
    PyTrainer(const Description& network, const Options& options)
        : trainer_(network, options), size_(packed_count(trainer_.layers())), keeps_v_(keeps_v(options.rule)),
          keeps_s_(keeps_s(options.rule)) {}

    template <class X_of>
    void feed(const X_of& X, Matrix<T> Y, std::optional<InVector<T>> weights) {
        const BusyGuard guard(busy_);
        const Given<T> given(trainer_.network(), X, Y, weights);
        if constexpr (std::is_same_v<X_of, PyTable<T>>)
            expect(trainer_.network().dropout[0] == 0, "a table whose inputs are dropped is not encoded");
        const int place = released([&] { return trainer_.feed(given.labelled()); });
        X_[place] = kept(X);
        release_unused();
    }

    // (steps taken, "done" | "diverged", the cost that is not finite); an exception where a signal raised one.
    std::tuple<Index, std::string, double> advance(std::optional<Columns> columns, Columns offsets,
                                                   InVector<double> rates, OutVector<double> costs,
                                                   OutVector<double> penalties, bool listens) {
        const BusyGuard guard(busy_);
        expect_examples();
        const auto steps = this->steps(columns, offsets, rates);
        expect(costs.shape(0) >= steps.size() && penalties.shape(0) >= steps.size(), "fewer costs than steps");
        const Outcome outcome =
            released([&] { return trainer_.advance(steps, costs.data(), penalties.data(), signals(listens)); });
        release_unused();
        if (outcome.ending == Ending::interrupted) throw_interruption();
        return {outcome.steps, outcome.ending == Ending::done ? "done" : "diverged", outcome.cost};
    }

    // (cost, penalty).
    std::tuple<double, double> gradient(InVector<T> at, OutVector<T> grads, Outputs<T> outputs, bool listens) {
        const BusyGuard guard(busy_);
        expect_examples();
        T* const AL = data_of<T>(outputs, trainer_.network().layer_dims.back(), trainer_.m());
        expect(fits(at) && fits(grads), "room for another number of parameters");
        const Outcome outcome =
            released([&] { return trainer_.gradient(at.data(), grads.data(), AL, signals(listens)); });
        if (outcome.ending == Ending::interrupted) throw_interruption();
        return {outcome.cost, outcome.penalty};
    }

    template <class X_of>
    double evaluate(const X_of& X, Matrix<T> Y, std::optional<InVector<T>> weights, Outputs<T> outputs, bool same_inputs,
                    bool listens) {
        const BusyGuard guard(busy_);
        const Given<T> given(trainer_.network(), X, Y, weights);
        T* const AL = data_of<T>(outputs, trainer_.network().layer_dims.back(), given.m());
        const Arrays arrays = kept(X);
        const bool same = same_inputs && is_same(evaluated_X_, arrays);
        evaluated_X_ = {};
        const double cost = released([&] { return trainer_.evaluate(given.labelled(), same, AL, signals(listens)); });
        evaluated_X_ = arrays;
        return cost;
    }

    double cost(bool listens) {
        const BusyGuard guard(busy_);
        expect_examples();
        return released([&] { return trainer_.cost(signals(listens)); });
    }

    void go_back() {
        const BusyGuard guard(busy_);
        released([&] { trainer_.go_back(); });
        release_unused();
    }

    // (updates, steps).
    // Without the guard: a signal handler in the thread of the call in progress asks whether its step was taken.
    Index steps_taken() const { return trainer_.counts().steps; }

    std::tuple<Index, Index> state(OutVector<T> parameters, std::optional<OutVector<T>> v,
                                   std::optional<OutVector<T>> s) const {
        const BusyGuard guard(busy_);
        expect(fits(parameters), "room for another number of parameters");
        T *const to_v = slot(v, keeps_v_), *const to_s = slot(s, keeps_s_);
        released([&] { trainer_.state(parameters.data(), to_v, to_s); });
        return {trainer_.counts().updates, trainer_.counts().steps};
    }

    void restore(InVector<T> parameters, std::optional<InVector<T>> v, std::optional<InVector<T>> s, Index update_count,
                 Index step_count) {
        const BusyGuard guard(busy_);
        expect(fits(parameters), "another number of parameters");
        expect(bool(v) == bool(s) || keeps_v_ != keeps_s_, "one slot of two");
        const T *const from_v = v ? slot(v, keeps_v_) : nullptr, *const from_s = s ? slot(s, keeps_s_) : nullptr;
        trainer_.restore(parameters.data(), from_v, from_s, {update_count, step_count});
        release_unused();
    }

    bool leaves_out_zeros() const { return trainer_.m() > 0 && trainer_.leaves_out_zeros(); }

private:
    // One call at a time: a second one is refused.
    class BusyGuard {
    public:
        explicit BusyGuard(std::atomic_flag& busy) : busy_(busy) {
            if (busy_.test_and_set())
                throw std::runtime_error("this session is at work in another call; it takes one at a time");
        }
        ~BusyGuard() { busy_.clear(); }
        BusyGuard(const BusyGuard&) = delete;
        BusyGuard& operator=(const BusyGuard&) = delete;

    private:
        std::atomic_flag& busy_;
    };

    // Inputs that something looks at: a matrix, or the arrays of a table.
    using Table = decltype(std::declval<PyTable<T>>().arrays());
    using Arrays = std::variant<std::monostate, Matrix<T>, Table>;
    static Arrays kept(const Matrix<T>& X) { return X; }
    static Arrays kept(const PyTable<T>& X) { return X.arrays(); }
    static bool is_same(const Arrays& a, const Arrays& b) {
        if (const auto *one = std::get_if<Matrix<T>>(&a), *other = std::get_if<Matrix<T>>(&b); one && other)
            return one->data() == other->data() && one->shape(1) == other->shape(1);
        if (const auto *one = std::get_if<Table>(&a), *other = std::get_if<Table>(&b); one && other)
            return std::get<2>(*one).data() == std::get<2>(*other).data() &&
                   std::get<2>(*one).shape(0) == std::get<2>(*other).shape(0);
        return false;
    }

    void expect_examples() const { expect(trainer_.m() > 0, "a session without examples"); }

    template <class Vector>
    bool fits(const Vector& vector) const {
        return Index(vector.shape(0)) == size_;
    }

    // The numbers of a slot, exactly where the rule keeps it.
    template <class Vector>
    auto slot(const std::optional<Vector>& given, bool keeps) const -> decltype(given->data()) {
        expect(bool(given) == keeps && (!given || fits(*given)), "slots of another rule or network");
        return given ? given->data() : nullptr;
    }

    // X that nothing looks at any more is not kept alive.
    void release_unused() {
        for (int place : {0, 1})
            if (!trainer_.looks_at(place)) X_[place] = {};
    }

    std::vector<Step> steps(const std::optional<Columns>& columns, const Columns& offsets,
                            const InVector<double>& rates) const {
        std::vector<Step> found;
        expect(offsets.shape(0) > 0 && (rates.shape(0) == 1 || rates.shape(0) + 1 == offsets.shape(0)),
               "as many rates as steps are expected, or one");
        const Index m = trainer_.m(), N = columns ? Index(columns->shape(0)) : 0;
        found.reserve(offsets.shape(0));
        for (std::size_t i = 0; i + 1 < offsets.shape(0); ++i) {
            const Index from = offsets.data()[i], to = offsets.data()[i + 1];
            const double rate = rates.data()[rates.shape(0) == 1 ? 0 : i];
            if (columns && (from < 0 || to <= from || to > N)) throw std::out_of_range("a batch of no columns");
            found.push_back(columns ? Step{columns->data() + from, to - from, rate} : Step{nullptr, m, rate});
        }
        return found;
    }

    Arrays X_[2], evaluated_X_;
    Trainer<T> trainer_;
    Index size_;
    bool keeps_v_, keeps_s_;
    mutable std::atomic_flag busy_;
};

// A C-contiguous buffer of two dimensions of numbers T, or nothing: what is anything else is the caller's to name.
template <class T>
class Buffer {
public:
    Buffer(nb::handle object, bool writable) {
        const int flags = PyBUF_C_CONTIGUOUS | PyBUF_FORMAT | (writable ? PyBUF_WRITABLE : 0);
        held_ = PyObject_CheckBuffer(object.ptr()) && PyObject_GetBuffer(object.ptr(), &buffer_, flags) == 0;
        if (!held_) PyErr_Clear();
    }
    ~Buffer() {
        if (held_) PyBuffer_Release(&buffer_);
    }
    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;

    bool has(Index rows, Index columns) const {
        return held_ && buffer_.ndim == 2 && is_native() && (rows < 0 || buffer_.shape[0] == rows) &&
               buffer_.shape[1] == columns;
    }
    Index rows() const { return buffer_.shape[0]; }
    T* data() const { return static_cast<T*>(buffer_.buf); }

private:
    // "d" or "f", which NumPy also writes "<d" for an array that was read from a file.
    bool is_native() const {
        const char* format = buffer_.format;
        if (!format) return false;
        if (*format == '@' || *format == '=' || (*format == '<' && std::endian::native == std::endian::little)) ++format;
        return format[0] == (sizeof(T) == 8 ? 'd' : 'f') && format[1] == 0;
    }

    Py_buffer buffer_{};
    bool held_;
};

template <class T>
bool answer(Predictor<T>& predictor, nb::handle rows, nb::handle to) {
    const Buffer<T> from(rows, false);
    if (!from.has(-1, predictor.inputs())) return false;
    const Buffer<T> answers(to, true);
    if (!answers.has(from.rows(), predictor.answers())) return false;
    if (!predictor.takes_long(from.rows())) return predictor.answer(from.data(), from.rows(), answers.data());
    Unlocked others_may_run;
    return predictor.answer(from.data(), from.rows(), answers.data());
}

template <class T, class X_of>
double evaluate_at(Predictor<T>& predictor, const X_of& X, Matrix<T> Y, std::optional<InVector<T>> weights,
                   Outputs<T> outputs, bool listens) {
    const Given<T> given(predictor.network(), X, Y, weights);
    T* const AL = data_of<T>(outputs, predictor.network().layer_dims.back(), given.m());
    return released([&] { return predictor.evaluate(given.labelled(), AL, signals(listens)); });
}

template <class T>
void bind_trainer(nb::module_& module, const char* name) {
    using Class = PyTrainer<T>;
    nb::class_<Class>(module, name)
        .def(nb::init<const Description&, const Options&>(), nb::kw_only(), "network"_a, "options"_a)
        .def("feed", &Class::template feed<Matrix<T>>, nb::kw_only(), "X"_a.noconvert(), "Y"_a.noconvert(),
             "weights"_a.none())
        .def("feed", &Class::template feed<PyTable<T>>, nb::kw_only(), "X"_a, "Y"_a.noconvert(), "weights"_a.none())
        .def("restore", &Class::restore, nb::kw_only(), "parameters"_a.noconvert(), "v"_a.noconvert().none(),
             "s"_a.noconvert().none(), "update_count"_a, "step_count"_a)
        .def_prop_ro("steps_taken", &Class::steps_taken)
        .def("state", &Class::state, nb::kw_only(), "parameters"_a.noconvert(), "v"_a.noconvert().none(),
             "s"_a.noconvert().none())
        .def("advance", &Class::advance, nb::kw_only(), "columns"_a.none(), "offsets"_a, "rates"_a,
             "costs"_a.noconvert(), "penalties"_a.noconvert(), "listens"_a)
        .def("gradient", &Class::gradient, nb::kw_only(), "at"_a.noconvert(), "grads"_a.noconvert(),
             "outputs"_a.noconvert(), "listens"_a)
        .def("evaluate", &Class::template evaluate<Matrix<T>>, nb::kw_only(), "X"_a.noconvert(), "Y"_a.noconvert(),
             "weights"_a.none(), "outputs"_a.noconvert(), "same_inputs"_a, "listens"_a)
        .def("evaluate", &Class::template evaluate<PyTable<T>>, nb::kw_only(), "X"_a, "Y"_a.noconvert(),
             "weights"_a.none(), "outputs"_a.noconvert(), "same_inputs"_a, "listens"_a)
        .def("cost", &Class::cost, nb::kw_only(), "listens"_a)
        .def("go_back", &Class::go_back)
        .def_prop_ro("leaves_out_zeros", &Class::leaves_out_zeros);
}

template <class T>
void bind_predictor(nb::module_& module, const char* name) {
    using Class = Predictor<T>;
    nb::class_<Class>(module, name)
        .def(
            "__init__",
            [](Class* self, const Description& network, InVector<T> parameters, std::vector<double> mean,
               std::vector<double> deviation, bool spread, int threads) {
                const auto n_x = std::size_t(network.layer_dims.front());
                const auto fits = [&](const auto& values) { return values.empty() || values.size() == n_x; };
                expect(Index(parameters.shape(0)) == packed_count(layers_of(network)) && fits(mean) && fits(deviation),
                       "parameters or scaling of another network");
                new (self) Class(network, parameters.data(), {std::move(mean), std::move(deviation)}, spread,
                                 std::clamp(threads, 1, 255));
            },
            nb::kw_only(), "network"_a, "parameters"_a, "mean"_a, "deviation"_a, "spread"_a, "threads"_a)
        .def("answer", &answer<T>, "rows"_a, "to"_a)
        .def(
            "outputs",
            [](Class& self, Matrix<T> X, Outputs<T> outputs, bool listens) {
                expect(Index(X.shape(0)) == self.inputs(), "inputs of another network");
                const Index m = Index(X.shape(1));
                T* const AL = data_of<T>(outputs, self.network().layer_dims.back(), m);
                released([&] { self.outputs(view<T>(X), m, AL, signals(listens)); });
            },
            nb::kw_only(), "X"_a.noconvert(), "outputs"_a.noconvert(), "listens"_a)
        .def(
            "outputs",
            [](Class& self, const PyTable<T>& X, Outputs<T> outputs, bool listens) {
                expect(X.n_x() == self.inputs(), "inputs of another network");
                const Index m = Index(X.m());
                T* const AL = data_of<T>(outputs, self.network().layer_dims.back(), m);
                released([&] { self.outputs(X.table(), m, AL, signals(listens)); });
            },
            nb::kw_only(), "X"_a, "outputs"_a.noconvert(), "listens"_a)
        .def("evaluate", &evaluate_at<T, Matrix<T>>, nb::kw_only(), "X"_a.noconvert(), "Y"_a.noconvert(),
             "weights"_a.none(), "outputs"_a.noconvert(), "listens"_a)
        .def("evaluate", &evaluate_at<T, PyTable<T>>, nb::kw_only(), "X"_a, "Y"_a.noconvert(), "weights"_a.none(),
             "outputs"_a.noconvert(), "listens"_a);
}

template <class T>
void bind_table(nb::module_& module, const char* name) {
    using Class = PyTable<T>;
    nb::class_<Class>(module, name)
        .def(nb::init<typename Class::Rows, typename Class::Rows, typename Class::Codes, std::vector<Index>,
                      std::vector<Index>, const std::vector<Index>&, Index>(),
             nb::kw_only(), "values"_a.noconvert(), "fractions"_a.noconvert(), "codes"_a.noconvert(), "value_columns"_a,
             "first_columns"_a, "sizes"_a, "n_x"_a);
}

void bind_turnstile(nb::module_& module) {
    nb::class_<Turnstile>(module, "Turnstile")
        .def(nb::init<>())
        .def("__enter__",
             [](Turnstile& self) {
                 if (self.try_enter()) return;
                 Unlocked others_may_run;
                 self.enter();
             })
        .def("__exit__", [](Turnstile& self, nb::args) { self.leave(); });
}

template <class T>
void product(Matrix<T> A, Matrix<T> B, nb::ndarray<T, nb::ndim<2>, nb::f_contig, nb::device::cpu> C, Index beyond,
             int threads) {
    const auto n = A.shape(0), K = A.shape(1), q = B.shape(1);
    if (B.shape(0) != K || C.shape(0) != n || C.shape(1) != q) throw std::invalid_argument("shapes that do not fit");
    Unlocked others_may_run;
    multiply_matrices<T>(view<T>(A), view<T>(B), C.data(), Index(n), Index(n), Index(q), Index(K), beyond, threads);
}

}  // namespace
}  // namespace pellucid

NB_MODULE(_native, module) {
    using namespace pellucid;
    nb::class_<Description>(module, "Description");
    nb::class_<Options>(module, "Options");
    module.def("describe", &describe, nb::kw_only(), "layer_dims"_a, "activations"_a, "cost"_a, "label_smoothing"_a,
               "huber_delta"_a, "l2"_a, "l1"_a, "dropout"_a);
    module.def("options", &options, nb::kw_only(), "rule"_a, "beta1"_a, "beta2"_a, "epsilon"_a, "weight_decay"_a,
               "clip_norm"_a, "seed"_a, "threads"_a, "epsilon_hat"_a);
    module.attr("activations") = names_of(activation_names);
    module.attr("costs") = names_of(cost_names);
    module.attr("rules") = names_of(rule_names);
    module.def("instruction_set", [] { return std::string(kernels<float>().name); });
    end_work_before_python();
    // Threads that were ended with the interpreter leave behind what they had.
    nb::set_leak_warnings(false);
    bind_turnstile(module);
    bind_table<float>(module, "Table32");
    bind_table<double>(module, "Table64");
    bind_trainer<float>(module, "Trainer32");
    bind_trainer<double>(module, "Trainer64");
    bind_predictor<float>(module, "Predictor32");
    bind_predictor<double>(module, "Predictor64");
    const auto bind_product = [&](auto function) {
        module.def("product", function, "A"_a.noconvert(), "B"_a.noconvert(), "C"_a.noconvert(), "beyond"_a, "threads"_a);
    };
    bind_product(&product<float>), bind_product(&product<double>);
}
