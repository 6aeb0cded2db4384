import type { Body, Row, Session, Value } from '../database.ts';

/** A payment method is a card, a check or a PayPal account; the other two are null. */
export async function paymentMethod(db: Session, id: Value): Promise<Body | null> {
  const row = await db.one('payment_methods', id);
  if (!row) return null;
  const card = await db.by('payment_cards', 'payment_method_id', row.id!);
  const check = await db.by('payment_checks', 'payment_method_id', row.id!);
  const paypal = await db.by('payment_paypals', 'payment_method_id', row.id!);
  const head = 'id gateway test_mode';
  const tail = 'profile_code created modified';
  return {
    ...db.take(row, 'id archived deleted test_mode last_four expiration_date gateway currency'),
    ...db.take(row, 'external_id person_profile_code_override created modified'),
    card: card && {
      ...db.take(card, head, 'name_on_card card_type card_number_last_four'),
      ...db.take(card, 'expiration_month expiration_year', tail),
    },
    check: check && db.take(check, head, 'name_on_account account_type account_number_last_four', tail),
    paypal: paypal && db.take(paypal, head, 'email', tail),
  };
}

export async function transactions(db: Session, batch: Row): Promise<Body[]> {
  const rows = await db.all('transactions', 'batch_id', batch.id!);
  return rows.map((row) => ({
    ...db.take(row, 'id gateway transaction_code auth_code error_code error_message amount success'),
    ...db.take(row, 'type settled test_mode external_id currency pending created modified'),
  }));
}
