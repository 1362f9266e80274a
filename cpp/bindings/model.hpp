// A mixture as Python holds it, and what a pass of it over rows is asked.
#pragma once

#include "arrays.hpp"
#include "climb.hpp"
#include "pass.hpp"

namespace bactrian {

// Holds the numbers of a mixture, its own or in arrays that it keeps alive, and shows them as a Model.
struct PyModel {
    PyModel(Climber::Mixture mixture, const Constraint& constraint, double log_noise) : own_(std::move(mixture)) {
        const std::ptrdiff_t K = own_.weights.size();
        log_constant_.resize(K);
        model = {constraint.form(), constraint.tied(), K, std::ptrdiff_t(own_.means.size()) / K,
                 log_constant_.data(), own_.means.data(), own_.whiteners.data(), log_noise};
        log_constants(model, own_.weights.data(), log_constant_.data());
    }
    PyModel(int form, bool tied, Doubles weights, Doubles means, Doubles whiteners, double log_noise)
        : means_(means), whiteners_(whiteners) {
        if (means.ndim() != 2 || weights.ndim() != 1 || weights.shape(0) != means.shape(0))
            throw std::invalid_argument("means must be (K, D) and weights (K,)");
        log_constant_.resize(weights.shape(0));
        model = {Form(form), tied, std::ptrdiff_t(means.shape(0)), std::ptrdiff_t(means.shape(1)),
                 log_constant_.data(), means.data(), whiteners.data(), log_noise};
        const std::ptrdiff_t M = tied ? 1 : model.K;
        if (std::ptrdiff_t(whiteners.size()) != M * model.whitener_size())
            throw std::invalid_argument("the whiteners do not fit the form");
        log_constants(model, weights.data(), log_constant_.data());
    }
    PyModel(const PyModel&) = delete;  // the model points into it
    Model model;
    const Climber::Mixture& own() const { return own_; }  // empty where arrays hold the numbers

private:
    Climber::Mixture own_;
    std::vector<double> log_constant_;
    Doubles means_, whiteners_;
};

inline const Variant* variant_named(const std::string& name) {
    for (const Variant* const* v = available_variants(); *v; ++v)
        if (name.empty() || name == (*v)->name) return *v;
    throw std::invalid_argument("this machine has no instruction set '" + name + "'");
}

inline Pass pass_of(const AnyRows& rows, const std::optional<Doubles>& weight, const PyModel& model, bool single, int threads,
             const std::string& variant) {
    Pass pass{rows_of(rows, weight), model.model, single, variant_named(variant), threads};
    if (pass.rows.D != pass.model.D) throw std::invalid_argument("rows and means differ in the number of features");
    if (single && !pass.rows.single) throw std::invalid_argument("only float32 rows can be worked on in float32");
    return pass;
}

}  // namespace bactrian
