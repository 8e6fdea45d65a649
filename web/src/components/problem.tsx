// A refusal in the server's own words, and the way out where there is one.
import type { Problem } from '../api/client';

export function ProblemNote({ problem, again }: { problem: Problem; again?: (() => void) | undefined }) {
  return (
    <div class="problem" role="alert">
      <h3>{problem.title}</h3>
      <p>{problem.message}</p>
      {problem.retryAfter !== undefined && <p class="small">Ask again in {problem.retryAfter} s.</p>}
      <div class="row">
        {again && (
          <button class="button" onClick={again}>
            Ask again
          </button>
        )}
        <code class="soft">
          {problem.status > 0 && `${problem.status} `}
          {problem.code}
        </code>
      </div>
    </div>
  );
}
