import CLlama

/// The rotary factors of models that have other ones for short and for long texts (LongRoPE: Phi 3 and 4,
/// MiniCPM).
///
/// libllama takes those for long texts when its context exceeds a length that the file names. Its context
/// is our pool of cells for all sequences, which would exceed it when every single text is short. So
/// the choice is made by what one sequence can hold, and that length put out of the pool's reach.
///
/// - SeeAlso: `llama_model::get_rope_factors` in llama-model.cpp.
enum RotaryFactors: Equatable {
    case forShortTexts, forLongTexts

    /// The factors that texts of up to `context` tokens need; nil: the model has one kind for all.
    init?(_ file: GGUFFile, context: Int) {
        guard file.hasTensor("rope_factors_long.weight"),
            let limit = file.integerOfArchitecture(Self.lengthKey)
        else { return nil }
        self = context <= limit ? .forShortTexts : .forLongTexts
    }

    /// What makes libllama choose these factors whatever its context, in place of the file's own.
    func overrides(_ file: GGUFFile) -> [llama_model_kv_override] {
        guard self == .forShortTexts else { return [] }
        var length = llama_model_kv_override()
        length.tag = LLAMA_KV_OVERRIDE_TYPE_INT
        length.val_i64 = Int64(Int32.max)
        let key = "\(file.architecture).\(Self.lengthKey)"
        withUnsafeMutableBytes(of: &length.key) {
            $0.copyBytes(from: key.utf8.prefix($0.count - 1))
        }
        // An entry without a key ends the list.
        return [length, llama_model_kv_override()]
    }

    private static let lengthKey = "rope.scaling.original_context_length"
}
