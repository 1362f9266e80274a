#include "bind.hpp"
#include "m_steps.hpp"
#include "model.hpp"

namespace bactrian {
namespace {

// A prior for covariances of one form, and the arrays that it points to.
struct PyPrior {
    PyPrior(Doubles mean, double mean_strength, double count, Doubles scale, double weight_concentration)
        : prior{mean.data(), mean_strength, count, scale.data(), weight_concentration}, mean_(mean), scale_(scale) {}
    // What it says of D features under a constraint.
    Prior about(const Constraint& constraint, std::ptrdiff_t D) const {
        const std::ptrdiff_t size = constraint.form() == Form::full ? D * D : constraint.form() == Form::diagonal ? D : 1;
        if (std::ptrdiff_t(mean_.size()) != D || std::ptrdiff_t(scale_.size()) != size)
            throw std::invalid_argument("the prior does not fit the constraint");
        return prior;
    }
    Prior prior;

private:
    Doubles mean_, scale_;
};

Target target_of(const std::string& letters, const Floor& floor, bool equal_weights, std::optional<double> noise,
                 const PyPrior* prior, const Model& first) {
    Target target{constraint_of(letters), floor, equal_weights, noise};
    if (!prior) return target;
    if (first.form != target.constraint.form() || first.tied != target.constraint.tied())
        throw std::invalid_argument("under a prior a climb begins in the form of its constraint");
    target.prior = prior->about(target.constraint, first.D);
    return target;
}

// A climb, and the arrays that it points to.
struct PyClimber {
    PyClimber(AnyRows rows, std::optional<Doubles> weight, nb::object model, const std::string& letters,
              Doubles minimum, std::optional<Flags> constant, double span, bool equal_weights,
              std::optional<double> noise, nb::object prior, std::vector<double> history, double tol, std::size_t last,
              bool strides, const std::string& variant)
        : rows_(rows), weight_(weight), model_(model), prior_(prior), minimum_(minimum), constant_(constant),
          climber(pass_of(rows_, weight_, nb::cast<const PyModel&>(model_), false, 1, variant),
                  target_of(letters, floor_of(minimum_, constant_, span, std::ptrdiff_t(rows_.shape(1))), equal_weights,
                            noise, prior_.is_none() ? nullptr : nb::cast<const PyPrior*>(prior_),
                            nb::cast<const PyModel&>(model_).model),
                  std::move(history), tol, last, strides) {}

private:
    AnyRows rows_;
    std::optional<Doubles> weight_;
    nb::object model_, prior_;
    Doubles minimum_;
    std::optional<Flags> constant_;

public:
    Climber climber;
};

void py_go_all(const std::vector<PyClimber*>& climbers, std::size_t most, int threads) {
    std::vector<Climber*> all;
    for (PyClimber* c : climbers) all.push_back(&c->climber);
    nb::gil_scoped_release release;
    go_all(all, most, threads);
}

// (history, log-likelihood, map log-responsibility, how it ended, None or (model, which are held, weight of the noise)).
nb::tuple py_standing(const PyClimber& c) {
    const Climber::Mixture* m = c.climber.mixture();
    nb::object mixture = nb::none();
    if (m) {
        const double noise = m->noise;
        auto model = std::make_unique<PyModel>(*m, c.climber.constraint(), c.climber.log_noise());
        mixture = nb::make_tuple(nb::cast(std::move(model)), nb::tuple(held_of(*m)), noise);
    }
    return nb::make_tuple(c.climber.history(), c.climber.log_likelihood(), c.climber.map_log_responsibility(),
                          int(c.climber.ended()), mixture);
}

}  // namespace

void bind_climbs(nb::module_& m) {
    nb::class_<PyPrior>(m, "Prior")
        .def(nb::init<Doubles, double, double, Doubles, double>(), "mean"_a, "mean_strength"_a, "count"_a, "scale"_a,
             "weight_concentration"_a);
    nb::class_<PyClimber>(m, "Climber")
        .def(nb::init<AnyRows, std::optional<Doubles>, nb::object, const std::string&, Doubles, std::optional<Flags>,
                      double, bool, std::optional<double>, nb::object, std::vector<double>, double, std::size_t, bool,
                      const std::string&>(),
             "rows"_a, "weight"_a.none(), "model"_a, "letters"_a, "minimum"_a, "constant"_a.none(), "span"_a,
             "equal_weights"_a, "noise"_a.none(), "prior"_a.none(), "history"_a, "tol"_a, "last"_a, "strides"_a, "variant"_a)
        .def("standing", py_standing);
    m.def("go_all", py_go_all, "climbers"_a, "most"_a, "threads"_a);
}

}  // namespace bactrian
