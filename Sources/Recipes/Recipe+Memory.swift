public import LlamaBackend

extension Recipe {
    /// What the members that run in process will take, in the order of the file. Weights that several
    /// members share, or that are loaded already, count once.
    ///
    /// - Parameter pool: files that are loaded already.
    /// - Throws: `LlamaError` when a file cannot be read.
    /// - Complexity: reads the headers of the files.
    public func memoryPlan(
        sharing pool: SharedWeights = SharedWeights()
    ) throws(LlamaError) -> MemoryPlan {
        var demands: [MemoryDemand] = []
        var counted: [(path: String, options: LlamaOptions)] = []
        var read: [(source: String, adapters: [LlamaAdapter])] = []
        var files: [String: (info: LlamaModelInfo, options: LlamaOptions)] = [:]
        for member in members {
            guard case .file(let path) = member.source else { continue }
            let options = options(of: member)
            files[member.name] = (try LlamaModelInfo(path: path, options: options), options)
        }
        for member in members {
            let isFile: Bool
            let source: String
            switch member.source {
            case .file: (isFile, source) = (true, member.name)
            case .member(let other): (isFile, source) = (false, other)
            case .remote: continue
            }
            guard let (info, options) = files[source] else { continue }
            let isLoaded =
                pool.holds(path: info.path, options: options)
                || counted.contains { $0.path == info.path && $0.options == options }
            demands.append(
                try MemoryDemand(
                    member.name, info, options: options, sharesWeights: !isFile || isLoaded,
                    sharesPasses: read.contains {
                        $0.source == info.path && $0.adapters == member.adapters
                    }))
            if isFile { counted.append((info.path, options)) }
            read.append((info.path, member.adapters))
        }
        return MemoryPlan(demands)
    }

    /// The options of a member: the recipe's, with its own placement.
    func options(of member: MemberDeclaration) -> LlamaOptions {
        var options = options
        options.gpuLayers = member.gpuLayers ?? options.gpuLayers
        options.device = member.device ?? options.device
        return options
    }
}
