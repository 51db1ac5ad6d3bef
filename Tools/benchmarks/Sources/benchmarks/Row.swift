/// One line of the result: what one contender reached in one setup of a benchmark.
struct Row: Codable, Sendable {
    /// The name of the benchmark, such as `async`.
    var benchmark: String
    /// What was done, such as `64 in flight`.
    var setup: String
    /// Who did it.
    var contender: String
    var figures: Figures
    var targets: [TargetOutcome] = []

    enum CodingKeys: CodingKey {
        case benchmark, setup, contender, figures, targets
    }

    init(_ benchmark: String, _ setup: String, _ contender: String, _ figures: Figures) {
        self.benchmark = benchmark
        self.setup = setup
        self.contender = contender
        self.figures = figures
        targets = Target.all.filter { $0.benchmark == benchmark && $0.setup == setup && $0.contender == contender }
            .compactMap { $0.outcome(figures) }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(benchmark, forKey: .benchmark)
        try container.encode(setup, forKey: .setup)
        try container.encode(contender, forKey: .contender)
        try container.encode(Dictionary(uniqueKeysWithValues: figures.map { ($0.key.rawValue, $0.value) }), forKey: .figures)
        try container.encode(targets, forKey: .targets)
    }
}
