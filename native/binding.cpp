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

#include "multiply.hpp"
#include "predictor.hpp"
#include "trainer.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace pellucid {
namespace {

template <class T>
using Matrix = nb::ndarray<const T, nb::ndim<2>, nb::device::cpu>;
template <class T>
using Line = nb::ndarray<const T, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
template <class T>
using Room = nb::ndarray<T, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Columns = nb::ndarray<const std::int64_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

template <class T>
View<const T> view(const Matrix<T>& matrix) {
    return {matrix.data(), Index(matrix.stride(0)), Index(matrix.stride(1))};
}

Activation activation_named(const std::string& name) {
    static const std::vector<std::pair<std::string, Activation>> known = {
        {"relu", Activation::relu},       {"leaky_relu", Activation::leaky_relu},
        {"elu", Activation::elu},         {"gelu", Activation::gelu},
        {"silu", Activation::silu},       {"tanh", Activation::tanh},
        {"sigmoid", Activation::sigmoid}, {"softmax", Activation::softmax},
        {"identity", Activation::identity}, {"exp", Activation::exp},
    };
    for (const auto& [other, value] : known)
        if (other == name) return value;
    throw std::invalid_argument("no activation " + name);
}

Cost cost_named(const std::string& name) {
    static const std::vector<std::pair<std::string, Cost>> known = {
        {"binary_cross_entropy", Cost::binary_cross_entropy},
        {"categorical_cross_entropy", Cost::categorical_cross_entropy},
        {"mean_squared_error", Cost::mean_squared_error},
        {"mean_absolute_error", Cost::mean_absolute_error},
        {"huber", Cost::huber},
        {"poisson", Cost::poisson},
    };
    for (const auto& [other, value] : known)
        if (other == name) return value;
    throw std::invalid_argument("no cost " + name);
}

Rule rule_named(const std::string& name) {
    static const std::vector<std::pair<std::string, Rule>> known = {
        {"gradient_descent", Rule::gradient_descent},
        {"momentum", Rule::momentum},
        {"heavy_ball", Rule::heavy_ball},
        {"nesterov", Rule::nesterov},
        {"rmsprop", Rule::rmsprop},
        {"adam", Rule::adam},
        {"adamw", Rule::adamw},
    };
    for (const auto& [other, value] : known)
        if (other == name) return value;
    throw std::invalid_argument("no rule " + name);
}

Description describe(std::vector<Index> layer_dims, const std::vector<std::string>& activations,
                     const std::string& cost, double label_smoothing, double huber_delta, double l2, double l1,
                     std::vector<double> dropout) {
    Description network{std::move(layer_dims), {}, cost_named(cost), label_smoothing, huber_delta, l2, l1,
                        std::move(dropout)};
    for (const auto& name : activations) network.activations.push_back(activation_named(name));
    if (network.layer_dims.size() < 2 || network.activations.size() + 1 != network.layer_dims.size() ||
        network.dropout.size() != network.activations.size())
        throw std::invalid_argument("a network of other layers");
    return network;
}

Options options(const std::string& rule, double beta1, double beta2, double epsilon, double weight_decay,
                double clip_norm, std::uint64_t seed, int threads, bool epsilon_hat) {
    return {rule_named(rule), beta1, beta2, epsilon, weight_decay, clip_norm, seed, std::max(1, threads), epsilon_hat};
}

Index size_of(const Description& network) {
    Index count = 0;
    for (const Layer& layer : layers_of(network)) count += layer.n * (layer.n_prev + 1);
    return count;
}

// The trainer with the arrays it looks at.
template <class T>
class Held {
public:
    Held(const Description& network, const Options& options, Matrix<T> X, Matrix<T> Y, std::optional<Line<T>> weights,
         Line<T> parameters)
        : X_(X), trainer_(network, options, view<T>(checked(network, X_, Y, weights, parameters)), Index(X.shape(1)),
                          view<T>(Y), weights ? weights->data() : nullptr, parameters.data()),
          size_(size_of(network)), keeps_v_(pellucid::keeps_v(options.rule)), keeps_s_(pellucid::keeps_s(options.rule)) {}

    // (steps taken, "done" | "diverged", the cost that is not finite); an exception where a signal raised one, which
    // only the main thread listens for.
    std::tuple<Index, std::string, double> advance(std::optional<Columns> columns, Columns offsets, Line<double> rates,
                                                   Room<double> costs, Room<double> penalties, bool listens) {
        const Alone alone(busy_);
        const auto steps = this->steps(columns, offsets, rates);
        if (costs.shape(0) < steps.size() || penalties.shape(0) < steps.size())
            throw std::invalid_argument("fewer costs than steps");
        Outcome outcome{};
        {
            nb::gil_scoped_release others_may_run;
            outcome = trainer_.advance(steps, costs.data(), penalties.data(), signals(listens));
        }
        if (outcome.ending == Ending::interrupted) throw nb::python_error();
        return {outcome.steps, outcome.ending == Ending::done ? "done" : "diverged", outcome.cost};
    }

    Index iteration() const {
        const Alone alone(busy_);
        return trainer_.iteration();
    }

    void parameters(Room<T> to) const {
        const Alone alone(busy_);
        if (Index(to.shape(0)) != size_) throw std::invalid_argument("room for another number of parameters");
        trainer_.parameters(to.data());
    }

    double cost(bool listens) {
        const Alone alone(busy_);
        Outcome outcome{};
        {
            nb::gil_scoped_release others_may_run;
            outcome = trainer_.cost(signals(listens));
        }
        if (outcome.ending == Ending::interrupted) throw nb::python_error();
        return outcome.cost;
    }

    void go_back() {
        const Alone alone(busy_);
        nb::gil_scoped_release others_may_run;
        trainer_.go_back();
    }

    // (the cost, what of it is beyond the precision of T).
    std::tuple<double, double> gradient(Line<T> at, Room<T> to, bool listens) {
        const Alone alone(busy_);
        if (Index(at.shape(0)) != size_ || Index(to.shape(0)) != size_)
            throw std::invalid_argument("room for another number of parameters");
        Outcome outcome{};
        {
            nb::gil_scoped_release others_may_run;
            outcome = trainer_.gradient(at.data(), to.data(), signals(listens));
        }
        if (outcome.ending == Ending::interrupted) throw nb::python_error();
        return {outcome.cost, trainer_.beyond_precision()};
    }

    Index memory(std::optional<Room<T>> v, std::optional<Room<T>> s) const {
        const Alone alone(busy_);
        return trainer_.memory(kept(v, keeps_v_), kept(s, keeps_s_));
    }

    void remember(std::optional<Line<T>> v, std::optional<Line<T>> s, Index taken) {
        const Alone alone(busy_);
        trainer_.remember(kept(v, keeps_v_), kept(s, keeps_s_), taken);
    }

private:
    // One call at a time: another thread's, or a signal handler's within this one, is refused.
    class Alone {
    public:
        explicit Alone(std::atomic_flag& busy) : busy_(busy) {
            if (busy_.test_and_set()) throw std::runtime_error("this session is at work in another call; it takes one at a time");
        }
        ~Alone() { busy_.clear(); }
        Alone(const Alone&) = delete;
        Alone& operator=(const Alone&) = delete;

    private:
        std::atomic_flag& busy_;
    };

    // The numbers of what the rule keeps, exactly where it keeps it.
    template <class Numbers>
    auto kept(const std::optional<Numbers>& given, bool keeps) const -> decltype(given->data()) {
        if (bool(given) != keeps || (given && Index(given->shape(0)) != size_))
            throw std::invalid_argument("a memory of another rule or network");
        return given ? given->data() : nullptr;
    }

    static std::function<bool()> signals(bool listens) {
        if (!listens) return [] { return false; };
        return [] {
            nb::gil_scoped_acquire again;
            return PyErr_CheckSignals() != 0;
        };
    }

    static const Matrix<T>& checked(const Description& network, const Matrix<T>& X, const Matrix<T>& Y,
                                    const std::optional<Line<T>>& weights, const Line<T>& parameters) {
        const auto m = X.shape(1);
        if (Index(X.shape(0)) != network.layer_dims.front() || Index(Y.shape(0)) != network.layer_dims.back() ||
            Y.shape(1) != m || m == 0 || (weights && weights->shape(0) != m) ||
            Index(parameters.shape(0)) != size_of(network))
            throw std::invalid_argument("arrays of other shapes than the network's");
        return X;
    }

    std::vector<Step> steps(const std::optional<Columns>& columns, const Columns& offsets,
                            const Line<double>& rates) const {
        std::vector<Step> found;
        if (offsets.shape(0) == 0 || (rates.shape(0) != 1 && rates.shape(0) + 1 != offsets.shape(0)))
            throw std::invalid_argument("as many rates as steps are expected, or one");
        const auto m = Index(X_.shape(1)), N = columns ? Index(columns->shape(0)) : 0;
        for (std::size_t i = 0; i + 1 < offsets.shape(0); ++i) {
            const Index from = offsets.data()[i], to = offsets.data()[i + 1];
            const double rate = rates.data()[rates.shape(0) == 1 ? 0 : i];
            if (columns && (from < 0 || to <= from || to > N)) throw std::out_of_range("a batch of no columns");
            found.push_back(columns ? Step{columns->data() + from, to - from, rate} : Step{nullptr, m, rate});
        }
        return found;
    }

    Matrix<T> X_;
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
    nb::gil_scoped_release others_may_run;
    return predictor.answer(from.data(), from.rows(), answers.data());
}

template <class T>
void bind_predictor(nb::module_& module, const char* name) {
    nb::class_<Predictor<T>>(module, name)
        .def(
            "__init__",
            [](Predictor<T>* self, const Description& network, Line<T> parameters, std::vector<double> mean,
               std::vector<double> deviation, bool spread, int threads) {
                const auto n_x = std::size_t(network.layer_dims.front());
                const auto fits = [&](const auto& values) { return values.empty() || values.size() == n_x; };
                if (Index(parameters.shape(0)) != size_of(network) || !fits(mean) || !fits(deviation))
                    throw std::invalid_argument("parameters or scaling of another network");
                new (self) Predictor<T>(network, parameters.data(), {std::move(mean), std::move(deviation)}, spread,
                                        std::max(1, threads));
            },
            "network"_a, "parameters"_a, "mean"_a, "deviation"_a, "spread"_a, "threads"_a)
        .def("answer", &answer<T>, "rows"_a, "to"_a);
}

template <class T>
void product(Matrix<T> A, Matrix<T> B, nb::ndarray<T, nb::ndim<2>, nb::f_contig, nb::device::cpu> C, Index beyond,
             int threads) {
    const auto n = A.shape(0), K = A.shape(1), q = B.shape(1);
    if (B.shape(0) != K || C.shape(0) != n || C.shape(1) != q) throw std::invalid_argument("shapes that do not fit");
    nb::gil_scoped_release others_may_run;
    multiply_matrices<T>(view<T>(A), view<T>(B), C.data(), Index(n), Index(n), Index(q), Index(K), beyond, threads);
}

template <class T>
void bind(nb::module_& module, const char* trainer, const char* predictor) {
    nb::class_<Held<T>>(module, trainer)
        .def(nb::init<const Description&, const Options&, Matrix<T>, Matrix<T>, std::optional<Line<T>>, Line<T>>(),
             "network"_a, "options"_a, "X"_a.noconvert(), "Y"_a.noconvert(), "weights"_a.none(), "parameters"_a)
        .def("advance", &Held<T>::advance, "columns"_a.none(), "offsets"_a, "rates"_a, "costs"_a.noconvert(),
             "penalties"_a.noconvert(), "listens"_a)
        .def_prop_ro("iteration", &Held<T>::iteration)
        .def("parameters", &Held<T>::parameters, "to"_a.noconvert())
        .def("cost", &Held<T>::cost, "listens"_a)
        .def("go_back", &Held<T>::go_back)
        .def("gradient", &Held<T>::gradient, "at"_a.noconvert(), "to"_a.noconvert(), "listens"_a)
        .def("memory", &Held<T>::memory, "v"_a.noconvert().none(), "s"_a.noconvert().none())
        .def("remember", &Held<T>::remember, "v"_a.noconvert().none(), "s"_a.noconvert().none(), "taken"_a);
    bind_predictor<T>(module, predictor);
    module.def("product", &product<T>, "A"_a.noconvert(), "B"_a.noconvert(), "C"_a.noconvert(), "beyond"_a, "threads"_a);
}

}  // namespace
}  // namespace pellucid

NB_MODULE(_native, module) {
    using namespace pellucid;
    nb::class_<Description>(module, "Description");
    nb::class_<Options>(module, "Options");
    module.def("describe", &describe, "layer_dims"_a, "activations"_a, "cost"_a, "label_smoothing"_a, "huber_delta"_a,
               "l2"_a, "l1"_a, "dropout"_a);
    module.def("options", &options, "rule"_a, "beta1"_a, "beta2"_a, "epsilon"_a, "weight_decay"_a, "clip_norm"_a,
               "seed"_a, "threads"_a, "epsilon_hat"_a);
    module.def("instruction_set", [] { return std::string(kernels<float>().name); });
    bind<float>(module, "Trainer32", "Predictor32");
    bind<double>(module, "Trainer64", "Predictor64");
}
