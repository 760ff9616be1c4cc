// What the person sees: the last view of botus, and upon it the changes that botus has not answered. Pure.
//
// A model is {view, steps, undone, waiting}. `steps` are those that this page knows the cards of, newest last; an
// undo of one of them is shown at once, an older one when botus has answered.

/** Return a model of nothing but a view. */
export const begin = (view) => ({ view, steps: [], undone: [], waiting: false });

/** Return the model as it will be when botus has carried out an operation. */
export function foresee(model, op) {
  const { view } = model;
  const next = { ...model, view: { ...view, can_undo: true, can_redo: false } };
  if (op.kind === "decide") return without(next, op.cards, [...model.steps, { cards: op.cards, verdicts: op.verdicts }], [], op.verdicts);
  if (op.kind === "undo") {
    const step = model.steps.at(-1);
    if (!step) return { ...model, waiting: true };
    const there = new Set([...step.cards.map((card) => card.post), step.replaced]);
    const cards = [...step.cards, ...view.cards.filter((card) => !there.has(card.post))];
    const steps = model.steps.slice(0, -1);
    next.view = { ...counted(next.view, step.verdicts ?? [], -1), cards, can_undo: steps.length > 0 || view.can_undo, can_redo: true };
    return { ...next, steps, undone: [...model.undone, step] };
  }
  if (op.kind === "redo") {
    const step = model.undone.at(-1);
    if (!step || step.edited) return { ...model, waiting: true };
    return without(next, step.cards, [...model.steps, step], model.undone.slice(0, -1), step.verdicts);
  }
  if (op.kind === "edit") {
    const edited = { ...op.card, text: op.text, saving: true };
    next.view.cards = view.cards.map((card) => (card.post === op.card.post ? edited : card));
  }
  return next;
}

/** Return the model after botus has answered an operation. */
export function confirm(model, op, answer) {
  const next = { ...model, view: answer.view, waiting: false };
  if (op.kind === "decide") {
    const done = new Set(answer.done.map((one) => one.post));
    const kept = op.cards.map((card, at) => [card, op.verdicts[at]]).filter(([card]) => done.has(card.post));
    const step = { cards: kept.map(([card]) => card), verdicts: kept.map(([, verdict]) => verdict) };
    return kept.length ? { ...next, steps: [...model.steps, step], undone: [] } : next;
  }
  if (op.kind === "undo") return { ...next, steps: model.steps.slice(0, -1), undone: [...model.undone, ...model.steps.slice(-1)] };
  if (op.kind === "redo") return { ...next, steps: [...model.steps, ...model.undone.slice(-1)], undone: model.undone.slice(0, -1) };
  if (op.kind === "edit" && !answer.problem) {
    const step = { cards: [op.card], edited: true, replaced: answer.view.cards[0]?.post };
    return { ...next, steps: [...model.steps, step], undone: [] };
  }
  return next;
}

function without(model, gone, steps, undone, verdicts) {
  const posts = new Set(gone.map((card) => card.post));
  const cards = model.view.cards.filter((card) => !posts.has(card.post));
  const view = { ...counted(model.view, verdicts, 1), cards, can_redo: undone.length > 0 };
  return { ...model, view, steps, undone };
}

function counted(view, verdicts, sign) {
  const made = { ...view.made };
  for (const verdict of verdicts) made[verdict] = (made[verdict] ?? 0) + sign;
  const kept = verdicts.filter((verdict) => verdict === "keep" || verdict === "star").length;
  const gone = verdicts.filter((verdict) => verdict !== "later").length;
  return { ...view, made, kept: view.kept + sign * kept, left: view.left - sign * gone, place: view.place + sign * gone };
}

/** Return a view in which what is on the screen stays there: a new order is for what comes after it. */
export function pinned(view, onScreen) {
  const fresh = new Map(view.cards.map((card) => [card.post, card]));
  const posts = new Set(onScreen.map((card) => card.post));
  return { ...view, cards: [...onScreen.map((card) => fresh.get(card.post) ?? card), ...view.cards.filter((card) => !posts.has(card.post))] };
}
